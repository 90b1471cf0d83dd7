import type { Cue } from '../../transcript.js';

/** A paragraph of text, and what is known of it. */
export interface Paragraph {
  readonly text: string;
  readonly speaker: string | null;
  readonly startMs: number | null;
}

/** `[00:12:34]`, `(1:02)`, also with Markdown's backslashes, at the beginning of a text; hours without brackets, too. */
const STAMP =
  /^(?:\\?[[(](\d{1,3}(?::\d{2}){1,2}(?:[.,]\d{1,3})?)\\?[\])]|(\d{1,2}:\d{2}:\d{2}(?:[.,]\d{1,3})?)(?=\s))\s*(?:[-–—]\s+)?/;

/** The time at the beginning of a text, and the rest; null if there is none. */
export function leadingStamp(text: string): { startMs: number; rest: string } | null {
  const [whole, bracketed, bare] = STAMP.exec(text.slice(0, 32)) ?? [];
  const stamp = bracketed ?? bare;
  return stamp === undefined ? null : { startMs: stampMs(stamp), rest: text.slice(whole!.length) };
}

/** Milliseconds of `1:02`, `01:02:03` or `01:02:03.5`. */
export function stampMs(stamp: string): number {
  const seconds = stamp
    .replace(',', '.')
    .split(':')
    .reduce((sum, part) => sum * 60 + Number(part), 0);
  return Math.round(seconds * 1000);
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
