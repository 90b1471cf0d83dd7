import type { Cue, Word } from '../../transcript.js';
import { isLayout } from './lines.js';
import { Warnings } from './warnings.js';

/** No recording is that long: hours have nine digits up to here, which is the most that SubRip's are read with. */
export const LAST_MS = 1e9 * 3_600_000;

/** A cue as a format gives it: anything may be missing or wrong. */
export interface RawCue {
  /** Milliseconds; NaN where the source has none. */
  startMs: number;
  endMs: number;
  text: string;
  speaker?: string | null;
  words?: readonly Word[];
}

/**
 * Collects cues of formats that aren't read line by line. A cue without text is left out; a cue without times takes
 * them from its words, else from the cue before; times before 0 and ends before starts are mended. All with warnings.
 */
export class TimedCues {
  readonly cues: Cue[] = [];
  readonly warnings = new Warnings();
  language: string | undefined;

  /** @param line - where the cue is in the file, from 1 */
  add(raw: RawCue, line: number, name: string): void {
    const text = tidy(raw.text);
    if (text === '') {
      this.warnings.add(line, `${name}: no text: left out`);
      return;
    }
    const words = soundWords(raw.words ?? []);
    const startMs = this.startOf(raw, words, line, name);
    const endMs = this.endOf(raw, startMs, words, line, name);
    const speaker = raw.speaker ?? null;
    this.cues.push({ startMs, endMs, text, speaker, ...(words.length > 0 && { words }) });
  }

  private startOf({ startMs }: RawCue, words: readonly Word[], line: number, name: string): number {
    if (isTime(startMs)) return Math.round(startMs);
    if (startMs < 0) {
      this.warnings.add(line, `${name}: begins ${-startMs} ms before 0: begins at 0`);
      return 0;
    }
    if (words.length > 0) return words[0]!.startMs;
    this.warnings.add(line, `${name}: no start: begins where the one before ends`);
    return this.cues.at(-1)?.endMs ?? 0;
  }

  private endOf(
    { endMs }: RawCue,
    startMs: number,
    words: readonly Word[],
    line: number,
    name: string,
  ): number {
    if (Math.round(endMs) >= startMs && endMs < LAST_MS) return Math.round(endMs);
    if (!(endMs < LAST_MS)) return Math.max(startMs, words.at(-1)?.endMs ?? startMs);
    this.warnings.add(line, `${name}: ends ${startMs - endMs} ms before it starts: ends at its start`);
    return startMs;
  }
}

/** Words with text and times; a word without times begins where the one before ends, and an end is no earlier. */
function soundWords(words: readonly Word[]): Word[] {
  const sound: Word[] = [];
  let before = Math.round(words.find(({ startMs }) => isTime(startMs))?.startMs ?? Number.NaN);
  if (Number.isNaN(before)) return [];
  for (const word of words) {
    const text = word.text.trim();
    if (text === '') continue;
    const startMs = isTime(word.startMs) ? Math.round(word.startMs) : before;
    const endMs = isTime(word.endMs) ? Math.max(startMs, Math.round(word.endMs)) : startMs;
    sound.push({ startMs, endMs, text });
    before = endMs;
  }
  return sound;
}

function isTime(ms: number): boolean {
  return ms >= 0 && ms < LAST_MS;
}

/** Without white space and control characters at the ends of lines, and without empty lines. */
function tidy(text: string): string {
  if (!/[\p{Cc}\u00a0\ufeff]|^\s|\s$| {2}/u.test(text)) return text;
  return text
    .split(/\r\n?|\n/)
    .map((line) => (/[^\S ]| {2}|\ufeff/.test(line) ? line.replace(/[\s\ufeff]+/g, ' ') : line))
    .map(trimLine)
    .filter((line) => line !== '')
    .join('\n');
}

/** As lines of SubRip and its like are trimmed. */
function trimLine(line: string): string {
  let [start, end] = [0, line.length];
  while (start < end && isLayout(line.charCodeAt(start))) start++;
  while (start < end && isLayout(line.charCodeAt(end - 1))) end--;
  return line.slice(start, end).trim();
}
