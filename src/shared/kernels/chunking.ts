import { invalidOptions } from '../options.js';
import type { Chunk, Cue } from '../transcript.js';
import { cueLine, cutPieces, MIN_MAX_TOKENS, type Piece } from './pieces.js';
import { endsSentence } from './sentences.js';
import type { TokenCounter } from './tokens.js';

/**
 * Where chunks end. `sentence`: up to an eighth earlier than they must, where a sentence or a turn ends. `fixed`: when
 * they are full. `speaker`: also with each turn. `window`: also at each multiple of `windowMs`.
 */
export type ChunkStrategy = 'sentence' | 'fixed' | 'speaker' | 'window';

export interface ChunkLimits {
  /** No chunk has more tokens. Default: 512. At least 8. */
  maxTokens?: number | undefined;
  /**
   * How many tokens a chunk repeats from the one before, at most; less than half of `maxTokens`. Default: 64, or an
   * eighth of `maxTokens` if that is less.
   */
  overlapTokens?: number | undefined;
  /** Default: `sentence`. */
  strategy?: ChunkStrategy | undefined;
  /** Of the strategy `window`: what begins in one such span of the recording makes chunks of its own. Default: 60,000. */
  windowMs?: number | undefined;
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
    const problem = `expected at least ${MIN_MAX_TOKENS}, received ${maxTokens}`;
    throw invalidOptions('chunks', [{ name: 'maxTokens', problem }]);
  }
  if (!(overlapTokens >= 0 && overlapTokens < maxTokens / 2)) {
    const problem = `expected less than half of the tokens of a chunk (${maxTokens}), received ${overlapTokens}`;
    throw invalidOptions('chunks', [{ name: 'overlapTokens', problem }]);
  }
  return { maxTokens, overlapTokens };
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
  const { source, countTokens, strategy = 'sentence' } = options;
  const { maxTokens, overlapTokens } = chunkLimits(options);
  const pieces = placed(cutPieces(cues, maxTokens, countTokens), transcriptText(cues));
  const breaks = breaksOf(options);
  const spare = strategy === 'fixed' ? null : maxTokens * SPARE_SHARE;
  const chunks: Chunk[] = [];
  let from = 0;
  for (let fresh = 0; fresh < pieces.length; ) {
    const span = longestSpan(pieces, from, fresh, { maxTokens, countTokens, breaks, spare });
    chunks.push(
      makeChunk(pieces.slice(span.from, span.to), span, source, chunks.length, span.to === pieces.length),
    );
    fresh = span.to;
    const isBroken = fresh < pieces.length && breaks(pieces[fresh - 1]!, pieces[fresh]!);
    from = isBroken ? fresh : overlapStart(pieces, span, overlapTokens);
  }
  return chunks;
}

/**
 * The text of a transcript, which the byte ranges of chunks are about: a line for each cue, the lines of timed cues
 * joined by a space, paragraphs by a blank line.
 */
export function transcriptText(cues: readonly Cue[]): string {
  let text = '';
  for (const cue of cues) {
    const line = cueLine(cue);
    if (line !== '') text += text === '' ? line : (cue.startMs === null ? '\n\n' : ' ') + line;
  }
  return text;
}

/** A piece, and where it is in the transcript's text. */
interface PlacedPiece extends Piece {
  startByte: number;
  endByte: number;
}

/** Each piece is a part of the text, in the same order. */
function placed(pieces: readonly Piece[], transcript: string): PlacedPiece[] {
  let at = 0;
  let bytes = 0;
  return pieces.map((piece) => {
    const start = transcript.indexOf(piece.text, at);
    const startByte = bytes + Buffer.byteLength(transcript.slice(at, start));
    at = start + piece.text.length;
    bytes = startByte + Buffer.byteLength(piece.text);
    const { text, separator, startMs, endMs, speaker, tokens } = piece;
    return { text, separator, startMs, endMs, speaker, tokens, startByte, endByte: bytes };
  });
}

/** Between which pieces a chunk has to end. */
function breaksOf({ strategy, windowMs = 60_000 }: ChunkLimits): (before: Piece, piece: Piece) => boolean {
  if (strategy === 'speaker') return (before, piece) => before.speaker !== piece.speaker;
  if (strategy !== 'window') return () => false;
  const windowOf = ({ startMs }: Piece) => (startMs === null ? null : Math.floor(startMs / windowMs));
  return (before, piece) => windowOf(before) !== windowOf(piece);
}

/** A run of pieces, `to` not included, with the text that they make and its tokens. */
interface Span {
  from: number;
  to: number;
  text: string;
  tokens: number;
}

interface SpanRules {
  maxTokens: number;
  countTokens: TokenCounter;
  breaks: (before: Piece, piece: Piece) => boolean;
  /** How many tokens a chunk may end earlier for a good end; null if it may not. */
  spare: number | null;
}

/**
 * The longest span from `from` (the pieces before `fresh` are overlap) that is within the limit. The tokens of its
 * pieces say how far it may go; the count of the joined text decides. A single piece always fits.
 */
function longestSpan<P extends Piece>(
  pieces: readonly P[],
  from: number,
  fresh: number,
  rules: SpanRules,
): Span {
  const { maxTokens, countTokens, breaks, spare } = rules;
  let start = from;
  let to = fresh + 1;
  let sum = sumTokens(pieces, start, to);
  while (sum > maxTokens && start < fresh) sum -= pieces[start++]!.tokens;
  const mayGoOn = () => to < pieces.length && !breaks(pieces[to - 1]!, pieces[to]!);
  while (mayGoOn() && sum + pieces[to]!.tokens <= maxTokens) sum += pieces[to++]!.tokens;
  if (spare !== null && mayGoOn()) to = goodEnd(pieces, fresh + 1, to, spare);
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

function makeChunk(
  pieces: readonly PlacedPiece[],
  { text, tokens }: Span,
  source: string,
  index: number,
  isLast: boolean,
): Chunk {
  const { startMs, speaker, startByte } = pieces[0]!;
  const idOf = (place: number) => `${source}#${String(place).padStart(4, '0')}`;
  return {
    id: idOf(index),
    source,
    index,
    startMs,
    endMs: pieces.reduce<number | null>((latest, { endMs }) => later(latest, endMs), null),
    speaker: pieces.every((piece) => piece.speaker === speaker) ? speaker : null,
    text,
    tokens,
    startByte,
    endByte: pieces.at(-1)!.endByte,
    previous: index === 0 ? null : idOf(index - 1),
    next: isLast ? null : idOf(index + 1),
  };
}

function later(a: number | null, b: number | null): number | null {
  return a === null || (b !== null && b > a) ? b : a;
}
