import type { Cue } from '../../transcript.js';
import { splitSentences } from '../sentences.js';

/** A silence of this length ends a sentence. */
const PAUSE_MS = 3000;
const CJK = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\u3000-\u303f\uff00-\uffef]/u;

/** Cues of one speaker that follow each other, as one line of text, and where each begins in it. */
interface Run {
  text: string;
  readonly cues: { readonly cue: Cue; readonly from: number; readonly to: number }[];
}

/**
 * Sentences, rebuilt across cues, each as a cue with its times. A sentence begins and ends with its words where the
 * source has their times; else in proportion to the characters of its cue. It never goes on over a change of
 * speakers, nor over 3 s of silence. Paragraphs without times are divided into their sentences, one by one.
 *
 * @example
 * joinSentences([
 *   { startMs: 0, endMs: 1000, text: 'This goes', speaker: null },
 *   { startMs: 1000, endMs: 3000, text: 'on. And ends.', speaker: null },
 * ]); // 'This goes on.' from 0 to 1462, 'And ends.' from 1615 to 3000
 */
export function joinSentences(cues: readonly Cue[]): Cue[] {
  const sentences: Cue[] = [];
  for (const run of runsOf(cues)) {
    let end = 0;
    let at = 0;
    for (const text of splitSentences(run.text)) {
      const from = run.text.indexOf(text, end);
      end = from + text.length;
      while (run.cues[at]!.to <= from) at++;
      let last = at;
      while (run.cues[last]!.to < end) last++;
      const { cue: first } = run.cues[at]!;
      const startMs = timeAt(run.cues[at]!, from, 'start');
      const endMs = timeAt(run.cues[last]!, end, 'end');
      sentences.push({
        startMs,
        endMs: endMs === null ? null : Math.max(startMs ?? 0, endMs),
        text,
        speaker: first.speaker,
      });
    }
  }
  return sentences;
}

function runsOf(cues: readonly Cue[]): Run[] {
  const runs: Run[] = [];
  // Joined in the end: to look at the end of a text that grows would copy it each time.
  let parts: string[] = [];
  let length = 0;
  let before: { cue: Cue; line: string } | undefined;
  for (const cue of cues) {
    const line = cue.text.replace(/\s+/g, ' ').trim();
    if (line === '') continue;
    if (before === undefined || !goesOn(before.cue, cue)) {
      if (before !== undefined) runs.at(-1)!.text = parts.join('');
      runs.push({ text: '', cues: [] });
      parts = [];
      length = 0;
    } else if (!(CJK.test(before.line.at(-1)!) && CJK.test(line[0]!))) {
      parts.push(' ');
      length++;
    }
    parts.push(line);
    runs.at(-1)!.cues.push({ cue, from: length, to: length + line.length });
    length += line.length;
    before = { cue, line };
  }
  if (before !== undefined) runs.at(-1)!.text = parts.join('');
  return runs;
}

function goesOn(before: Cue, cue: Cue): boolean {
  if (before.endMs === null || cue.startMs === null) return false;
  return before.speaker === cue.speaker && cue.startMs - before.endMs < PAUSE_MS;
}

/** When a position of a run's text is said. */
function timeAt(
  { cue, from, to }: Run['cues'][number],
  position: number,
  side: 'start' | 'end',
): number | null {
  const { startMs, endMs, words } = cue;
  if (startMs === null || endMs === null) return startMs;
  const share = Math.min(1, Math.max(0, (position - from) / (to - from)));
  const word = words?.[wordAt(words, cue.text.replace(/\s+/g, ' ').trim(), position - from, side)];
  if (word !== undefined) return side === 'start' ? word.startMs : word.endMs;
  return Math.round(startMs + share * (endMs - startMs));
}

/** Which word begins at or after a position of the text, or ends at or before it; -1 if the words are not in the text. */
function wordAt(
  words: NonNullable<Cue['words']>,
  text: string,
  position: number,
  side: 'start' | 'end',
): number {
  let end = 0;
  let found = -1;
  for (const [i, word] of words.entries()) {
    const from = text.indexOf(word.text.trim(), end);
    if (from === -1) return -1;
    end = from + word.text.trim().length;
    if (side === 'start' && from >= position) return i;
    if (side === 'end' && from < position) found = i;
  }
  return found;
}
