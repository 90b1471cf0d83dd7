/**
 * How an encoding cuts text into pieces before merging bytes: what the patterns of tiktoken (`pat_str` in its
 * `openai_public.py`) match one after the other, found by hand, since V8 needs as long for an expression of this kind as
 * for all the rest of counting. Every character is in some piece. A lone surrogate is neither letter nor number nor space.
 * Which characters are letters depends on the Unicode version of the Node build; that matters only for characters
 * younger than it.
 */

/** Where the piece ends that begins at `start`, which is before the end of the text. Positions are UTF-16 units. */
export type PieceEnd = (text: string, start: number) => number;

/** What a character is, as bits. Marks are upper and lower, but no letters. */
const LETTER = 1;
/** `\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}`. */
const UPPER = 2;
/** `\p{Ll}\p{Lm}\p{Lo}\p{M}`. */
const LOWER = 4;
const NUMBER = 8;
/** Unicode's White_Space, which is what `\s` means in tiktoken; without U+FEFF, and with U+0085. */
const SPACE = 16;
const NEWLINE = 32;
const KNOWN = 128;

const KINDS: readonly (readonly [RegExp, number])[] = [
  [/\p{Lu}|\p{Lt}/u, LETTER | UPPER],
  [/\p{Ll}/u, LETTER | LOWER],
  [/\p{L}/u, LETTER | UPPER | LOWER],
  [/\p{M}/u, UPPER | LOWER],
  [/\p{N}/u, NUMBER],
  [/[\r\n]/, SPACE | NEWLINE],
  [/\p{White_Space}/u, SPACE],
];

/** By code point; 0 until it's asked for. */
const kinds = new Uint8Array(0x110000);

function kindOf(codePoint: number): number {
  return kinds[codePoint]! || learnKind(codePoint);
}

function learnKind(codePoint: number): number {
  const character = String.fromCodePoint(codePoint);
  const [, kind = 0] = KINDS.find(([pattern]) => pattern.test(character)) ?? [];
  kinds[codePoint] = kind | KNOWN;
  return kinds[codePoint]!;
}

/** The end of the run, from a position on, of characters of these kinds. */
function runOf(text: string, from: number, mask: number): number {
  let at = from;
  while (at < text.length) {
    const unit = text.charCodeAt(at);
    const isPlain = (unit & 0xf800) !== 0xd800;
    const codePoint = isPlain ? unit : text.codePointAt(at)!;
    if ((kindOf(codePoint) & mask) === 0) break;
    at += codePoint > 0xffff ? 2 : 1;
  }
  return at;
}

/** The end of the run, from a position on, of characters that are no letters, numbers or spaces. */
function runOfOthers(text: string, from: number): number {
  let at = from;
  while (at < text.length) {
    const codePoint = text.codePointAt(at)!;
    if ((kindOf(codePoint) & (LETTER | NUMBER | SPACE)) !== 0) break;
    at += codePoint > 0xffff ? 2 : 1;
  }
  return at;
}

const BLANK = 0x20;
const APOSTROPHE = 0x27;
const SLASH = 0x2f;

/** `'(?:[sSdDmMtTſ]|[lL][lL]|[vV][eE]|[rR][eE])`: its end, or `at` if there is none. U+017F is a long s. */
function contraction(text: string, at: number): number {
  if (text.charCodeAt(at) !== APOSTROPHE) return at;
  const first = text.charCodeAt(at + 1) | 0x20;
  if (first === 0x73 || first === 0x64 || first === 0x6d || first === 0x74) return at + 2;
  if (text.charCodeAt(at + 1) === 0x17f) return at + 2;
  const second = text.charCodeAt(at + 2) | 0x20;
  if (first === 0x6c) return second === 0x6c ? at + 3 : at;
  return (first === 0x76 || first === 0x72) && second === 0x65 ? at + 3 : at;
}

/** `\p{N}{1,3}`. */
function numbers(text: string, start: number): number {
  let at = start;
  for (let count = 0; count < 3 && at < text.length; count++) {
    const codePoint = text.codePointAt(at)!;
    if ((kindOf(codePoint) & NUMBER) === 0) break;
    at += codePoint > 0xffff ? 2 : 1;
  }
  return at;
}

/** The end of ` ?[^\s\p{L}\p{N}]+` and what may follow it, or `start`. */
function others(text: string, start: number, mayHaveSlash: boolean): number {
  const from = text.charCodeAt(start) === BLANK ? start + 1 : start;
  let end = runOfOthers(text, from);
  if (end === from) return start;
  for (; end < text.length; end++) {
    const unit = text.charCodeAt(end);
    if (unit !== 0x0a && unit !== 0x0d && !(mayHaveSlash && unit === SLASH)) break;
  }
  return end;
}

/** The position behind the last newline between two positions; `from` if there is none. */
function behindNewline(text: string, from: number, to: number): number {
  for (let at = to; at > from; at--) {
    const unit = text.charCodeAt(at - 1);
    if (unit === 0x0a || unit === 0x0d) return at;
  }
  return from;
}

/** `'(?i:[sdmt]|ll|ve|re)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s+$|\s*[\r\n]|\s+(?!\S)|\s` */
export const cl100kPieceEnd: PieceEnd = (text, start) => {
  const codePoint = text.codePointAt(start)!;
  const kind = kindOf(codePoint);
  if (kind & LETTER) return runOf(text, start, LETTER);
  if (kind & NUMBER) return numbers(text, start);
  const shortened = contraction(text, start);
  if (shortened > start) return shortened;
  if ((kind & NEWLINE) === 0) {
    const from = start + (codePoint > 0xffff ? 2 : 1);
    const end = runOf(text, from, LETTER);
    if (end > from) return end;
  }
  const end = others(text, start, false);
  if (end > start) return end;
  const spaces = runOf(text, start, SPACE);
  if (spaces === text.length) return spaces;
  const newline = behindNewline(text, start, spaces);
  if (newline > start) return newline;
  return Math.max(start + 1, spaces - 1);
};

/**
 * `[^\r\n\p{L}\p{N}]?U*L+C?|[^\r\n\p{L}\p{N}]?U+L*C?|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+` with
 * `U` for upper, `L` for lower, and `C` for a contraction.
 */
export const o200kPieceEnd: PieceEnd = (text, start) => {
  const codePoint = text.codePointAt(start)!;
  const kind = kindOf(codePoint);
  if (kind & NUMBER) return numbers(text, start);
  const mayBePrefix = (kind & (LETTER | NEWLINE)) === 0;
  const behind = start + (codePoint > 0xffff ? 2 : 1);
  let word = mayBePrefix ? wordWithLower(text, behind) : -1;
  if (word === -1 && kind & (UPPER | LOWER)) word = wordWithLower(text, start);
  if (word === -1) {
    const from = mayBePrefix ? behind : start;
    const end = runOf(text, from, UPPER);
    if (end > from) word = end;
  }
  if (word !== -1) return contraction(text, word);
  const end = others(text, start, true);
  if (end > start) return end;
  const spaces = runOf(text, start, SPACE);
  const newline = behindNewline(text, start, spaces);
  if (newline > start) return newline;
  return spaces === text.length ? spaces : Math.max(start + 1, spaces - 1);
};

/** The end of `U*L+` from a position on, or -1. Letters without case and marks are both. */
function wordWithLower(text: string, from: number): number {
  const upper = runOf(text, from, UPPER);
  const end = runOf(text, upper, LOWER);
  if (end > upper) return end;
  // The last characters are given back until one is lower, too.
  for (let at = upper; at > from; ) {
    const codePoint = codePointBefore(text, at);
    if (kindOf(codePoint) & LOWER) return at;
    at -= codePoint > 0xffff ? 2 : 1;
  }
  return -1;
}

function codePointBefore(text: string, at: number): number {
  const pair = at > 1 ? text.codePointAt(at - 2)! : 0;
  return pair > 0xffff ? pair : text.charCodeAt(at - 1);
}
