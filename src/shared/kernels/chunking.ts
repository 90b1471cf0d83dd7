import { MillraceError } from '../errors.js';
import type { Chunk, Cue } from '../transcript.js';
import { cutPieces, MIN_MAX_TOKENS, type Piece } from './pieces.js';
import { endsSentence } from './sentences.js';
import type { TokenCounter } from './tokens.js';

export interface ChunkLimits {
  /** No chunk has more tokens. Default: 512. At least 8. */
  maxTokens?: number | undefined;
  /**
   * How many tokens a chunk repeats from the one before, at most; less than half of `maxTokens`. Default: 64, or an
   * eighth of `maxTokens` if that is less.
   */
  overlapTokens?: number | undefined;
}

export interface ChunkOptions extends ChunkLimits {
  /** The name of the file, for the chunks and their ids. */
  source: string;
  countTokens: TokenCounter;
}

/** A chunk ends earlier by up to this share of the limit, if a sentence or a turn ends there. */
const SPARE_SHARE = 1 / 8;

/**
 * The limits with their defaults.
 *
 * @throws MillraceError `MILLRACE_INVALID_ARGUMENT` for fewer than 8 tokens, or an overlap of half of them or more.
 */
export function chunkLimits(limits: ChunkLimits): { maxTokens: number; overlapTokens: number } {
  const { maxTokens = 512 } = limits;
  const { overlapTokens = Math.min(64, Math.floor(maxTokens / 8)) } = limits;
  if (!(maxTokens >= MIN_MAX_TOKENS)) {
    throw invalid(`option "maxTokens": expected at least ${MIN_MAX_TOKENS}, received ${maxTokens}`);
  }
  if (!(overlapTokens >= 0 && overlapTokens < maxTokens / 2)) {
    throw invalid(
      `option "overlapTokens": expected less than half of "maxTokens" (${maxTokens}), received ${overlapTokens}`,
    );
  }
  return { maxTokens, overlapTokens };
}

function invalid(problem: string): MillraceError {
  return new MillraceError('MILLRACE_INVALID_ARGUMENT', `chunks: ${problem}`);
}

/**
 * Cuts a transcript into chunks, between cues; plain text between sentences. What alone is over the limit is cut
 * between sentences, else between words, else between characters. All text is in at least one chunk.
 *
 * The text of a chunk is for an embedder to read: line breaks inside of cues become spaces, cues are joined with
 * spaces, paragraphs with a blank line. Where several speak in a chunk, each turn begins a new line or paragraph
 * with `Name: `; a chunk with one speaker names it in `speaker` only.
 *
 * `tokens` is the exact count of `text`, and never above `maxTokens`. A chunk begins with the last whole pieces of
 * the one before, as many as have at most `overlapTokens`, and always goes on to new ones. A chunk may be up to an
 * eighth short of what would fit, if a sentence or a turn ends there. `startMs` is the start of the first cue,
 * `endMs` the latest end of any.
 *
 * @throws MillraceError `MILLRACE_INVALID_ARGUMENT`, see {@link chunkLimits}
 *
 * @example
 * const countTokens = await loadTokenCounter('cl100k_base');
 * const chunks = chunkTranscript(cues, { source: 'talk.srt', maxTokens: 256, overlapTokens: 32, countTokens });
 */
export function chunkTranscript(cues: readonly Cue[], options: ChunkOptions): Chunk[] {
  const { source, countTokens } = options;
  const { maxTokens, overlapTokens } = chunkLimits(options);
  const pieces = cutPieces(cues, maxTokens, countTokens);
  const chunks: Chunk[] = [];
  let from = 0;
  for (let fresh = 0; fresh < pieces.length; ) {
    const span = longestSpan(pieces, from, fresh, maxTokens, countTokens);
    chunks.push(makeChunk(pieces.slice(span.from, span.to), span, source, chunks.length));
    fresh = span.to;
    from = overlapStart(pieces, span, overlapTokens);
  }
  return chunks;
}

/** A run of pieces, `to` not included, with the text that they make and its tokens. */
interface Span {
  from: number;
  to: number;
  text: string;
  tokens: number;
}

/**
 * The longest span from `from` (the pieces before `fresh` are overlap) that is within the limit. The tokens of its
 * pieces say how far it may go; the count of the joined text decides. A single piece always fits.
 */
function longestSpan(
  pieces: readonly Piece[],
  from: number,
  fresh: number,
  maxTokens: number,
  countTokens: TokenCounter,
): Span {
  let start = from;
  let to = fresh + 1;
  let sum = sumTokens(pieces, start, to);
  while (sum > maxTokens && start < fresh) sum -= pieces[start++]!.tokens;
  while (to < pieces.length && sum + pieces[to]!.tokens <= maxTokens) sum += pieces[to++]!.tokens;
  to = goodEnd(pieces, fresh + 1, to, maxTokens * SPARE_SHARE);
  for (;;) {
    const text = joinPieces(pieces.slice(start, to));
    const tokens = countTokens(text);
    if (tokens <= maxTokens) return { from: start, to, text, tokens };
    if (to === fresh + 1) start++;
    else to = shorten(pieces, start, fresh + 1, to, maxTokens / tokens);
  }
}

/** Takes pieces off the end, at least one, until the sum of tokens is at most `share` of what it was. */
function shorten(pieces: readonly Piece[], from: number, least: number, to: number, share: number): number {
  let sum = sumTokens(pieces, from, to);
  const target = sum * share;
  let end = to;
  do sum -= pieces[--end]!.tokens;
  while (end > least && sum > target);
  return end;
}

function sumTokens(pieces: readonly Piece[], from: number, to: number): number {
  let sum = 0;
  for (let i = from; i < to; i++) sum += pieces[i]!.tokens;
  return sum;
}

/** Where to end, at most at `to`: before at most `spare` tokens, where a sentence or a turn ends; else at `to`. */
function goodEnd(pieces: readonly Piece[], least: number, to: number, spare: number): number {
  if (to === pieces.length) return to;
  let given = 0;
  for (let end = to; end >= least && given <= spare; end--) {
    const last = pieces[end - 1]!;
    if (endsSentence(last.text) || pieces[end]!.speaker !== last.speaker) return end;
    given += last.tokens;
  }
  return to;
}

/** Where the chunk after `span` begins: the last pieces of it that have at most `overlapTokens`, but not all. */
function overlapStart(pieces: readonly Piece[], { from, to }: Span, overlapTokens: number): number {
  let start = to;
  let left = overlapTokens;
  while (start - 1 > from && pieces[start - 1]!.tokens <= left) left -= pieces[--start]!.tokens;
  return start;
}

function joinPieces(pieces: readonly Piece[]): string {
  const isDialogue = pieces.some(({ speaker }) => speaker !== pieces[0]!.speaker);
  let text = '';
  pieces.forEach((piece, i) => {
    const before = pieces[i - 1];
    const isTurn = isDialogue && piece.speaker !== before?.speaker;
    if (before !== undefined) text += isTurn && piece.separator !== '\n\n' ? '\n' : piece.separator;
    if (isTurn && piece.speaker !== null) text += `${piece.speaker}: `;
    text += piece.text;
  });
  return text;
}

function makeChunk(pieces: readonly Piece[], { text, tokens }: Span, source: string, index: number): Chunk {
  const { startMs, speaker } = pieces[0]!;
  return {
    id: `${source}#${String(index).padStart(4, '0')}`,
    source,
    index,
    startMs,
    endMs: pieces.reduce<number | null>((latest, { endMs }) => later(latest, endMs), null),
    speaker: pieces.every((piece) => piece.speaker === speaker) ? speaker : null,
    text,
    tokens,
  };
}

function later(a: number | null, b: number | null): number | null {
  return a === null || (b !== null && b > a) ? b : a;
}
