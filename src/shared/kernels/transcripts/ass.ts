import type { Word } from '../../transcript.js';
import type { ParsedCues, TranscriptParser } from './format.js';
import { TimedCues } from './timed-cues.js';

/** Which of a Dialogue line's fields is what, from 0; -1 if none is. */
interface Fields {
  readonly count: number;
  readonly start: number;
  readonly end: number;
  readonly name: number;
  readonly text: number;
}

/** Where no Format line says otherwise. */
const DEFAULT_FIELDS: Fields = { count: 10, start: 1, end: 2, name: 4, text: 9 };
const NO_WORDS: readonly Word[] = [];
const TIME = /^(\d+):(\d{1,2}):(\d{1,2})(?:[.:,](\d{1,3}))?$/;
/** How much of a file is looked at to tell what it is. */
const HEAD = 4096;

/**
 * SubStation Alpha, versions 4 and 4+ (`.ssa`, `.ass`). The Format line that has a start and a text names the fields
 * of Dialogue lines, of which the last may have commas. Override blocks, comments in braces and drawings are left out; karaoke
 * tags (`\k`) give the words their times. The name is the speaker. Comment lines and other sections are passed over.
 */
export const ass: TranscriptParser = {
  format: 'ass',
  detect: (text) =>
    /^\s*(?:;[^\n]*\n\s*)*\[(?:script info|v4\+? styles|events)\]/i.test(text.slice(0, HEAD)) ||
    /^\s*Dialogue:\s*(?:Marked=)?\d+,\s*\d+:\d/.test(text.slice(0, HEAD)),

  parse(text): ParsedCues {
    const cues = new TimedCues();
    let fields: Fields = DEFAULT_FIELDS;
    text.split('\n').forEach((line, i) => {
      if (/^\s*Format\s*:/i.test(line)) fields = eventFields(line) ?? fields;
      else if (/^\s*Dialogue\s*:/i.test(line))
        addDialogue(line.slice(line.indexOf(':') + 1), fields, i + 1, cues);
    });
    return { cues: cues.cues, warnings: cues.warnings.list() };
  },
};

/** The fields of a Format line, unless it is one of styles. */
function eventFields(line: string): Fields | undefined {
  const names = line
    .slice(line.indexOf(':') + 1)
    .split(',')
    .map((field) => field.trim().toLowerCase());
  if (!names.includes('start') || !names.includes('text')) return undefined;
  return {
    count: names.length,
    start: names.indexOf('start'),
    end: names.indexOf('end'),
    name: names.findIndex((name) => name === 'name' || name === 'actor'),
    text: names.indexOf('text'),
  };
}

function addDialogue(content: string, fields: Fields, line: number, cues: TimedCues): void {
  const values = splitFields(content, fields.count);
  const startMs = timeMs(values[fields.start]?.trim() ?? '');
  const endMs = timeMs(values[fields.end]?.trim() ?? '');
  if (Number.isNaN(startMs) || Number.isNaN(endMs)) {
    cues.warnings.add(line, "times that can't be read: the line is passed over");
    return;
  }
  const { text, words } = readDialogue(values[fields.text]?.trim() ?? '', startMs, endMs);
  const speaker = values[fields.name]?.trim() || null;
  cues.add({ startMs, endMs, text, speaker, words }, line, 'Dialogue');
}

/** The last field has all that is left. */
function splitFields(content: string, count: number): string[] {
  const values: string[] = [];
  let from = 0;
  while (values.length < count - 1) {
    const comma = content.indexOf(',', from);
    if (comma === -1) break;
    values.push(content.slice(from, comma));
    from = comma + 1;
  }
  values.push(content.slice(from));
  return values;
}

function timeMs(text: string): number {
  const [, hours, minutes, seconds, fraction = ''] = TIME.exec(text) ?? [];
  if (hours === undefined) return Number.NaN;
  return (
    ((Number(hours) * 60 + Number(minutes)) * 60 + Number(seconds)) * 1000 + Number(fraction.padEnd(3, '0'))
  );
}

/** The text without its blocks in braces, and the words where karaoke tags time them, in hundredths of a second. */
function readDialogue(raw: string, startMs: number, endMs: number): { text: string; words: readonly Word[] } {
  if (!raw.includes('{')) return { text: plain(raw), words: NO_WORDS };
  let text = '';
  let isDrawing = false;
  let at = startMs;
  const syllables: Word[] = [];
  // Pieces of text at even places, contents of blocks at odd ones.
  raw.split(/\{([^{}]*)\}/).forEach((piece, i) => {
    if (i % 2 === 1) {
      const drawing = /\\p(\d+)/.exec(piece)?.[1];
      if (drawing !== undefined) isDrawing = drawing !== '0';
      for (const [, hundredths] of piece.matchAll(/\\[kK][fot]?(\d+)/g)) {
        syllables.push({ startMs: at, endMs: Math.min(endMs, at + Number(hundredths) * 10), text: '' });
        at += Number(hundredths) * 10;
      }
    } else if (!isDrawing) {
      const said = plain(piece);
      text += said;
      const last = syllables.at(-1);
      if (last !== undefined) syllables[syllables.length - 1] = { ...last, text: last.text + said };
    }
  });
  return { text, words: joinSyllables(syllables) };
}

/** Line breaks, and spaces that don't break. */
function plain(text: string): string {
  return text.includes('\\') ? text.replace(/\\[Nn]/g, '\n').replaceAll('\\h', '\u00a0') : text;
}

/** Syllables are of one word unless there is space between them. */
function joinSyllables(syllables: readonly Word[]): Word[] {
  const words: Word[] = [];
  for (const syllable of syllables) {
    const before = words.at(-1);
    const goesOn = before !== undefined && !/\s$/.test(before.text) && !/^\s/.test(syllable.text);
    if (goesOn)
      words[words.length - 1] = { ...before, endMs: syllable.endMs, text: before.text + syllable.text };
    else words.push(syllable);
  }
  return words;
}
