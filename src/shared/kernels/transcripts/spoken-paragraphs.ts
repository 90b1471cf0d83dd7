import type { Cue } from '../../transcript.js';

/** A paragraph of text, and what is known of it. */
export interface Paragraph {
  readonly text: string;
  readonly speaker: string | null;
  readonly startMs: number | null;
}

/** `[00:12:34]`, `(1:02)`, also with Markdown's backslashes, at the beginning of a text; hours without brackets, too. */
const STAMP =
  /^(?:\\?[[(](\d{1,3}(?::[0-5]\d){1,2}(?:[.,]\d{1,3})?)\\?[\])]|(\d{1,2}:[0-5]\d:[0-5]\d(?:[.,]\d{1,3})?)(?=\s))\s*(?:[-–—]\s+)?/;
const TRAILING_STAMP = /\\?[[(](\d{1,3}(?::[0-5]\d){1,2}(?:[.,]\d{1,3})?)\\?[\])]$/;
/** What a speaker's name may take in UTF-16 units, with its colon. */
const MAX_NAME = 41;
/**
 * One to four words, the first capitalised, the others capitalised or numbers, and a colon: `Speaker 1:`, also as
 * recognisers write it, `SPEAKER_01:`.
 */
const NAME = /^(\p{Lu}[\p{L}\p{M}.'’-]*(?:_\d+)?(?: (?:\p{Lu}[\p{L}\p{M}.'’-]*|\d+)){0,3}):(?=\s|$)/u;

/** The time at the beginning of a text, and the rest; null if there is none. */
export function leadingStamp(text: string): { startMs: number; rest: string } | null {
  const [whole, bracketed, bare] = STAMP.exec(text.slice(0, 32)) ?? [];
  const stamp = bracketed ?? bare;
  return stamp === undefined ? null : { startMs: stampMs(stamp), rest: text.slice(whole!.length) };
}

/** The time in brackets at the end of a short text, such as a heading, and what is before it; null if there is none. */
export function trailingStamp(text: string): { startMs: number; rest: string } | null {
  const [whole, stamp] = TRAILING_STAMP.exec(text.slice(-32)) ?? [];
  return stamp === undefined
    ? null
    : { startMs: stampMs(stamp), rest: text.slice(0, text.length - whole!.length).trimEnd() };
}

/** Milliseconds of `1:02`, `01:02:03` or `01:02:03.5`. */
export function stampMs(stamp: string): number {
  const seconds = stamp
    .replace(',', '.')
    .split(':')
    .reduce((sum, part) => sum * 60 + Number(part), 0);
  return Math.round(seconds * 1000);
}

/**
 * The turns of paragraphs where at least two begin with a name: each that does is that speaker's, and is divided before
 * each further line that begins with one. Where at least two turns have a time behind the name and none has one before,
 * it is theirs. Paragraphs of a text without names stay as they are.
 */
export function turnsByName(paragraphs: readonly Paragraph[]): readonly Paragraph[] {
  const turns = paragraphs.flatMap(splitTurns);
  if (turns.filter((turn) => nameOf(turn.text) !== null).length < 2) return paragraphs;
  const spoken = turns.map(withSpeaker);
  if (spoken.some(({ startMs }) => startMs !== null)) return spoken;
  const stamps = spoken.map(({ speaker, text }) => (speaker === null ? null : leadingStamp(text)));
  if (stamps.filter((stamp) => stamp !== null).length < 2) return spoken;
  return spoken.map((turn, i) => {
    const stamp = stamps[i] ?? null;
    return stamp === null ? turn : { ...turn, text: stamp.rest, startMs: stamp.startMs };
  });
}

/** A paragraph that begins with a name, divided before each further line that does. */
function splitTurns(paragraph: Paragraph): Paragraph[] {
  if (nameOf(paragraph.text) === null) return [paragraph];
  const turns: string[][] = [];
  for (const line of paragraph.text.split('\n')) {
    if (nameOf(line) !== null) turns.push([line]);
    else turns.at(-1)!.push(line);
  }
  return turns.map((lines, i) => ({
    ...paragraph,
    text: lines.join('\n'),
    startMs: i === 0 ? paragraph.startMs : null,
  }));
}

function withSpeaker({ text, startMs }: Paragraph): Paragraph {
  const speaker = nameOf(text);
  return { text: speaker === null ? text : text.slice(speaker.length + 1).trim(), speaker, startMs };
}

function nameOf(paragraph: string): string | null {
  return NAME.exec(paragraph.slice(0, MAX_NAME))?.[1] ?? null;
}

/** Cues of paragraphs with text. A paragraph with a time lasts up to the next that has one, where it isn't earlier. */
export function cuesOfParagraphs(paragraphs: readonly Paragraph[]): Cue[] {
  const spoken = paragraphs.filter(({ text }) => text.trim() !== '');
  const cues: Cue[] = [];
  let next: number | null = null;
  for (const { text, speaker, startMs } of [...spoken].reverse()) {
    const endMs = startMs !== null && next !== null && next >= startMs ? next : startMs;
    cues.push({ startMs, endMs, text: text.trim(), speaker });
    next = startMs ?? next;
  }
  return cues.reverse();
}
