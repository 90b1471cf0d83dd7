import type { Word } from '../../transcript.js';
import type { ParsedCues, TranscriptParser } from './format.js';
import { TimedCues } from './timed-cues.js';

/** `[mm:ss.xx]`, hours or not, at the beginning of what is left of a line. */
const STAMP = /\s*\[(\d+):(\d{1,2})(?::(\d{1,2}))?(?:[.:](\d{1,3}))?\]/y;
const TAG = /^\s*\[([a-z#]{1,16}):([^\]]*)\]\s*$/i;
const WORD_STAMP = /<(\d+):(\d{1,2})(?:[.:](\d{1,3}))?>/;
/** Tags that only lyrics have. */
const LYRICS_TAG = /^\s*\[(?:ar|al|ti|au|by|offset|re|ve|length|la|tool):[^\]]*\]\s*$/im;

interface Line {
  readonly startMs: number;
  readonly text: string;
  readonly words: readonly Word[];
  readonly line: number;
}

/**
 * Lyrics (`.lrc`): lines `[01:02.34]text`, several stamps for what is repeated, and in the enhanced form `<01:02.50>`
 * before each word. A line lasts up to the next; `[offset:500]` means that all come half a second earlier.
 */
export const lrc: TranscriptParser = {
  format: 'lrc',
  detect: (text) => {
    const head = text.slice(0, 4096);
    return (
      head.includes('[') &&
      (/^\s*\[\d+:\d{1,2}\.\d{1,3}\]/m.test(head) ||
        (LYRICS_TAG.test(head) && /^\s*\[\d+:\d{1,2}\]/m.test(head)))
    );
  },

  parse(text): ParsedCues {
    const cues = new TimedCues();
    const lines: Line[] = [];
    let offsetMs = 0;
    text.split('\n').forEach((row, i) => {
      const [, tag = '', value = ''] = TAG.exec(row) ?? [];
      if (tag.toLowerCase() === 'offset') offsetMs = Number(/^\s*([+-]?\d+)\s*$/.exec(value)?.[1] ?? 0);
      else if (tag.toLowerCase() === 'la') cues.language = value.trim();
      else if (tag === '') readLine(row, i + 1, lines, cues);
    });
    lines.sort((a, b) => a.startMs - b.startMs);
    lines.forEach(({ startMs, text: content, words, line }, i) => {
      // An empty line ends the one before.
      if (content.trim() === '') return;
      const endMs = (lines[i + 1]?.startMs ?? Number.NaN) - offsetMs;
      const shifted = words.map((word) => ({
        startMs: word.startMs - offsetMs,
        endMs: word.endMs - offsetMs,
        text: word.text,
      }));
      const last = shifted.at(-1);
      if (last !== undefined && Number.isNaN(last.endMs))
        last.endMs = Number.isNaN(endMs) ? last.startMs : endMs;
      cues.add({ startMs: startMs - offsetMs, endMs, text: content, words: shifted }, line, 'line');
    });
    const { language } = cues;
    return { cues: cues.cues, warnings: cues.warnings.list(), ...(language && { language }) };
  },
};

function readLine(row: string, line: number, lines: Line[], cues: TimedCues): void {
  const starts: number[] = [];
  let position = 0;
  for (STAMP.lastIndex = 0; ; ) {
    const match = STAMP.exec(row);
    if (match === null) break;
    position = STAMP.lastIndex;
    const [, first, second, third, fraction] = match;
    const seconds =
      third === undefined
        ? Number(first) * 60 + Number(second)
        : (Number(first) * 60 + Number(second)) * 60 + Number(third);
    starts.push(seconds * 1000 + fractionMs(fraction));
  }
  const content = row.slice(position);
  if (starts.length === 0) {
    if (content.trim() !== '') cues.warnings.add(line, 'a line without a time: passed over');
    return;
  }
  const { text, words } = readWords(content, starts[0]!);
  for (const startMs of starts) {
    const shiftMs = startMs - starts[0]!;
    lines.push({
      startMs,
      text,
      line,
      words: words.map((word) => ({ ...word, startMs: word.startMs + shiftMs, endMs: word.endMs + shiftMs })),
    });
  }
}

/** A word lasts up to the next stamp; the end of the last one is not known yet where no stamp follows. */
function readWords(content: string, startMs: number): { text: string; words: Word[] } {
  const parts = content.split(WORD_STAMP);
  if (parts.length === 1) return { text: content, words: [] };
  const words: { startMs: number; endMs: number; text: string }[] = [];
  let at = startMs;
  let text = '';
  for (let i = 0; i < parts.length; i += 4) {
    const piece = parts[i]!;
    const next =
      parts[i + 1] === undefined
        ? Number.NaN
        : (Number(parts[i + 1]) * 60 + Number(parts[i + 2])) * 1000 + fractionMs(parts[i + 3]);
    text += piece;
    if (piece.trim() !== '') words.push({ startMs: at, endMs: next, text: piece });
    at = next;
  }
  return { text, words };
}

function fractionMs(digits = ''): number {
  return Number(digits.padEnd(3, '0'));
}
