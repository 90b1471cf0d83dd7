import type { Cue } from '../transcript.js';
import { LONGEST_TOKEN_BYTES } from './byte-pair-merge.js';
import { splitSentences } from './sentences.js';
import type { TokenCounter } from './tokens.js';

/** One line of text, and what comes between the part before and this one: nothing inside of a word or Chinese text. */
interface Part {
  text: string;
  separator: '' | ' ' | '\n\n';
}

/** What chunks are made of: a cue, a sentence of plain text, or a part of one that was too long. */
export interface Piece extends Part {
  startMs: number | null;
  endMs: number | null;
  speaker: string | null;
  /** What it adds to a chunk, separator included: exact unless tokens reach over the joint or a name is added. */
  tokens: number;
}

/** Of UTF-8 for a UTF-16 unit. A token has at least one byte. */
const MAX_BYTES_PER_UNIT = 3;

/** The least limit for which every part of a text can be made to fit. */
export const MIN_MAX_TOKENS = 8;

/**
 * The pieces of a transcript, in order. Together they are all of its text; each one's text takes at most
 * `maxTokens` tokens. What is longer is divided into sentences, and a sentence that is longer into runs of words.
 */
export function cutPieces(cues: readonly Cue[], maxTokens: number, countTokens: TokenCounter): Piece[] {
  const pieces: Piece[] = [];
  const fits = (text: string): boolean => {
    if (text.length * MAX_BYTES_PER_UNIT <= maxTokens) return true;
    return text.length <= maxTokens * LONGEST_TOKEN_BYTES && countTokens(text) <= maxTokens;
  };
  const add = (part: Part, cue: Cue): void => {
    const { text, separator } = part;
    if (!fits(text)) {
      for (const smaller of divide(part, maxTokens)) add(smaller, cue);
      return;
    }
    const { startMs, endMs, speaker } = cue;
    pieces.push({ text, separator, startMs, endMs, speaker, tokens: countTokens(separator + text) });
  };
  for (const cue of cues) {
    const line = cueLine(cue);
    if (line === '') continue;
    if (cue.startMs !== null) add({ text: line, separator: ' ' }, cue);
    else for (const sentence of sentencesOf({ text: line, separator: '\n\n' })) add(sentence, cue);
  }
  return pieces;
}

/** The text of a cue as one line. */
export function cueLine({ text }: Cue): string {
  return text.replaceAll('\n', ' ').trim();
}

/** A part as several shorter ones: sentences if it has more than one, else runs of words, else of characters. */
function divide(part: Part, maxTokens: number): Part[] {
  const sentences = sentencesOf(part);
  if (sentences.length > 1) return sentences;
  // A quarter of the limit in UTF-16 units always fits, and is short enough to serve as overlap.
  const maxLength = maxTokens >> 2;
  return /\s/.test(part.text) ? wordRuns(part, maxLength) : characterRuns(part, maxLength);
}

function sentencesOf({ text, separator }: Part): Part[] {
  let end = 0;
  return splitSentences(text).map((sentence, i) => {
    const start = text.indexOf(sentence, end);
    const hasSpace = start > end;
    end = start + sentence.length;
    return { text: sentence, separator: i === 0 ? separator : hasSpace ? ' ' : '' };
  });
}

/** Runs of whole words of at most `maxLength` UTF-16 units; a longer word is a run of its own. */
function wordRuns({ text, separator }: Part, maxLength: number): Part[] {
  const runs: Part[] = [];
  let start = 0;
  let end = 0;
  const add = (): void => {
    if (end > start)
      runs.push({ text: text.slice(start, end), separator: runs.length === 0 ? separator : ' ' });
  };
  for (const { index, 0: word } of text.matchAll(/\S+/g)) {
    if (index + word.length - start > maxLength) {
      add();
      start = index;
    }
    end = index + word.length;
  }
  add();
  return runs;
}

/** Runs of characters of at most `maxLength` UTF-16 units, with nothing between them. */
function characterRuns({ text, separator }: Part, maxLength: number): Part[] {
  const runs: Part[] = [];
  for (let start = 0; start < text.length; ) {
    const isLast = text.length - start <= maxLength;
    const end = isLast ? text.length : characterBoundary(text, start + 1, start + maxLength);
    runs.push({ text: text.slice(start, end), separator: start === 0 ? separator : '' });
    start = end;
  }
  return runs;
}

/** Boundaries between graphemes (Unicode's UAX #29), of whichever language. */
const graphemes = new Intl.Segmenter('und', { granularity: 'grapheme' });
/** No grapheme that people write is longer. */
const LONGEST_GRAPHEME = 64;

/** The last position from `to` down to `from` where a grapheme ends; if none does, the last between code points. */
function characterBoundary(text: string, from: number, to: number): number {
  // From a little before, so that what is at the end is seen as a whole.
  const start = Math.max(from - 1, to - LONGEST_GRAPHEME);
  let boundary = -1;
  for (const { index } of graphemes.segment(text.slice(start, to + LONGEST_GRAPHEME))) {
    const at = start + index;
    if (at > to) break;
    if (at >= from) boundary = at;
  }
  if (boundary !== -1) return boundary;
  return isCodePointStart(text, to) ? to : to - 1;
}

function isCodePointStart(text: string, at: number): boolean {
  return (text.charCodeAt(at) & 0xfc00) !== 0xdc00 || (text.charCodeAt(at - 1) & 0xfc00) !== 0xd800;
}
