import type { TokenEncoding } from '../transcript.js';
import { type ByteVocabulary, countMergedTokens } from './byte-pair-merge.js';
import { PieceMemory } from './piece-memory.js';
import { cl100kPieceEnd, o200kPieceEnd, type PieceEnd } from './token-pieces.js';

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

const PIECE_ENDS: Record<TokenEncoding, PieceEnd> = {
  cl100k_base: cl100kPieceEnd,
  o200k_base: o200kPieceEnd,
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
      createCounter(PIECE_ENDS[encoding], byteVocabulary(ranks.default)),
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

function createCounter(pieceEnd: PieceEnd, vocabulary: ByteVocabulary): TokenCounter {
  const memory = new PieceMemory();
  const countPiece = (text: string, start: number, end: number): number => {
    const bytes = byteString(text.slice(start, end));
    const tokens = vocabulary.has(bytes) ? 1 : countMergedTokens(bytes, vocabulary);
    memory.keep(text, start, end, tokens);
    return tokens;
  };
  return (text) => {
    let tokens = 0;
    for (let start = 0; start < text.length; ) {
      const end = pieceEnd(text, start);
      tokens += memory.find(text, start, end) || countPiece(text, start, end);
      start = end;
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
