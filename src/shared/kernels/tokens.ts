import type { TokenEncoding } from '../transcript.js';
import { type ByteVocabulary, countMergedTokens } from './byte-pair-merge.js';

/**
 * Exact token counts for OpenAI's byte-pair encodings: the numbers of `encode_ordinary` in tiktoken. A text such
 * as `<|endoftext|>` is plain text here.
 *
 * The vocabularies are gpt-tokenizer's; its counting is not used, because it takes one token too many for each
 * U+FEFF (its look-up decodes bytes with a `TextDecoder` that drops a leading byte order mark, and JavaScript's
 * `\s` matches U+FEFF), treats U+0085 as no space, and needs quadratic time for a long run of one letter.
 */

/** Counts the tokens of a text; at most one for each byte of its UTF-8 form. Lone surrogates count as U+FFFD. */
export type TokenCounter = (text: string) => number;

/** Unicode's White_Space, which is what `\s` means in tiktoken. */
const SPACE = String.raw`\t-\r \x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000`;
/** The contractions, caseless: U+017F is a long s. */
const CONTRACTION = `'(?:[sSdDmMtT\u017f]|[lL][lL]|[vV][eE]|[rR][eE])`;
const UPPER = String.raw`[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]`;
const LOWER = String.raw`[\p{Ll}\p{Lm}\p{Lo}\p{M}]`;

/**
 * How an encoding cuts text into pieces before merging bytes (`pat_str` in tiktoken's `openai_public.py`). Every
 * character is in some piece. Which characters are letters depends on the Unicode version of the Node build;
 * that matters only for characters younger than it.
 */
const PIECES: Record<TokenEncoding, string> = {
  cl100k_base: [
    CONTRACTION,
    String.raw`[^\r\n\p{L}\p{N}]?\p{L}+`,
    String.raw`\p{N}{1,3}`,
    String.raw` ?[^${SPACE}\p{L}\p{N}]+[\r\n]*`,
    `[${SPACE}]+$`,
    String.raw`[${SPACE}]*[\r\n]`,
    `[${SPACE}]+(?![^${SPACE}])`,
    `[${SPACE}]`,
  ].join('|'),
  o200k_base: [
    String.raw`[^\r\n\p{L}\p{N}]?${UPPER}*${LOWER}+(?:${CONTRACTION})?`,
    String.raw`[^\r\n\p{L}\p{N}]?${UPPER}+${LOWER}*(?:${CONTRACTION})?`,
    String.raw`\p{N}{1,3}`,
    String.raw` ?[^${SPACE}\p{L}\p{N}]+[\r\n/]*`,
    String.raw`[${SPACE}]*[\r\n]+`,
    `[${SPACE}]+(?![^${SPACE}])`,
    `[${SPACE}]+`,
  ].join('|'),
};

const RANKS: Record<TokenEncoding, () => Promise<{ default: readonly (string | number[])[] }>> = {
  cl100k_base: () => import('gpt-tokenizer/bpeRanks/cl100k_base'),
  o200k_base: () => import('gpt-tokenizer/bpeRanks/o200k_base'),
};

const counters = new Map<TokenEncoding, Promise<TokenCounter>>();

/**
 * The counter of an encoding. The first call for an encoding loads its vocabulary (about 50 ms for cl100k_base
 * and 200 ms for o200k_base), once per thread.
 *
 * @example
 * const countTokens = await loadTokenCounter('cl100k_base');
 * countTokens('hello world'); // 2
 */
export function loadTokenCounter(encoding: TokenEncoding): Promise<TokenCounter> {
  let counter = counters.get(encoding);
  if (counter === undefined) {
    counter = RANKS[encoding]().then((ranks) =>
      createCounter(PIECES[encoding], byteVocabulary(ranks.default)),
    );
    counters.set(encoding, counter);
  }
  return counter;
}

/**
 * The exact number of tokens of a text. To count many texts, take the counter itself: {@link loadTokenCounter}.
 *
 * @param encoding - default: `cl100k_base`
 *
 * @example
 * await countTokens('hello world', 'o200k_base'); // 2
 */
export async function countTokens(text: string, encoding: TokenEncoding = 'cl100k_base'): Promise<number> {
  const count = await loadTokenCounter(encoding);
  return count(text);
}

/** Pieces met before are remembered up to this many. */
const MEMORY_SIZE = 1 << 16;
/** V8 copies slices up to this length; a longer one that is remembered would keep its whole text alive. */
const LONGEST_COPIED = 12;
/**
 * Longer pieces, as sentences without spaces are in Chinese and Japanese, are remembered by their bytes, which are a copy: up
 * to this length, and so many.
 */
const LONGEST_REMEMBERED_BYTES = 512;
const LONG_MEMORY_SIZE = 1 << 12;

function createCounter(pieces: string, vocabulary: ByteVocabulary): TokenCounter {
  const pattern = new RegExp(pieces, 'gu');
  const memory = new Map<string, number>();
  const longMemory = new Map<string, number>();
  const countBytes = (bytes: string) => (vocabulary.has(bytes) ? 1 : countMergedTokens(bytes, vocabulary));

  const countPiece = (piece: string): number => {
    const bytes = byteString(piece);
    if (piece.length <= LONGEST_COPIED) {
      const tokens = countBytes(bytes);
      if (memory.size === MEMORY_SIZE) memory.clear();
      memory.set(piece, tokens);
      return tokens;
    }
    if (bytes.length > LONGEST_REMEMBERED_BYTES) return countBytes(bytes);
    const known = longMemory.get(bytes);
    if (known !== undefined) return known;
    const tokens = countBytes(bytes);
    if (longMemory.size === LONG_MEMORY_SIZE) longMemory.clear();
    longMemory.set(bytes, tokens);
    return tokens;
  };

  return (text) => {
    let tokens = 0;
    let start = 0;
    pattern.lastIndex = 0;
    while (pattern.test(text)) {
      const piece = text.slice(start, pattern.lastIndex);
      start = pattern.lastIndex;
      tokens += memory.get(piece) ?? countPiece(piece);
    }
    return tokens;
  };
}

/** gpt-tokenizer lists tokens by rank: as a string, or as bytes where they are no UTF-8 text. */
function byteVocabulary(ranks: readonly (string | number[])[]): ByteVocabulary {
  const vocabulary = new Map<string, number>();
  ranks.forEach((token, rank) => {
    vocabulary.set(typeof token === 'string' ? byteString(token) : String.fromCharCode(...token), rank);
  });
  return vocabulary;
}

/** The UTF-8 bytes of a text, one UTF-16 unit each: bytes that can be a map's key. */
function byteString(text: string): string {
  return Buffer.from(text, 'utf8').toString('latin1');
}
