/**
 * Byte-pair encoding of one piece of text, counted but not kept.
 *
 * The piece starts as single bytes. The adjacent pair whose joined bytes have the lowest rank in the vocabulary
 * is merged, leftmost first, until no pair is in the vocabulary (Sennrich et al. 2016, "Neural Machine
 * Translation of Rare Words with Subword Units"; over bytes as in GPT-2). A heap holds the pairs that may merge,
 * so n bytes take O(n log n), also a run of a hundred thousand equal letters.
 */

/** Byte strings (one UTF-16 unit a byte) to their ranks. */
export type ByteVocabulary = ReadonlyMap<string, number>;

/** No token of cl100k_base or o200k_base is longer. */
export const LONGEST_TOKEN_BYTES = 128;

const NONE = -1;
/** A heap key is `rank × POSITIONS + position`: ordered by rank, then from left to right. */
const POSITIONS = 2 ** 32;

/** The number of tokens of a piece, given as a byte string. */
export function countMergedTokens(bytes: string, vocabulary: ByteVocabulary): number {
  const n = bytes.length;
  /** Parts are named by where they start; `next` of the last is n. */
  const next = new Int32Array(n);
  const previous = new Int32Array(n);
  /** The rank of a part joined with the part after it; NONE if there is no such token or no such part. */
  const pairRank = new Int32Array(n);
  const heap: number[] = [];

  const rankPair = (part: number): void => {
    const second = next[part]!;
    const end = second < n ? next[second]! : n;
    const isTooLong = second === n || end - part > LONGEST_TOKEN_BYTES;
    const rank = isTooLong ? NONE : (vocabulary.get(bytes.slice(part, end)) ?? NONE);
    pairRank[part] = rank;
    if (rank !== NONE) push(heap, rank * POSITIONS + part);
  };

  for (let part = 0; part < n; part++) {
    next[part] = part + 1;
    previous[part] = part - 1;
  }
  for (let part = 0; part < n; part++) rankPair(part);

  let parts = n;
  while (heap.length > 0) {
    const key = pop(heap);
    const part = key % POSITIONS;
    if (pairRank[part] !== Math.floor(key / POSITIONS)) continue; // changed since it was pushed
    const absorbed = next[part]!;
    const after = next[absorbed]!;
    next[part] = after;
    if (after < n) previous[after] = part;
    pairRank[absorbed] = NONE;
    parts--;
    rankPair(part);
    if (part > 0) rankPair(previous[part]!);
  }
  return parts;
}

function push(heap: number[], key: number): void {
  let hole = heap.length;
  heap.push(key);
  while (hole > 0) {
    const parent = (hole - 1) >> 1;
    if (heap[parent]! <= key) break;
    heap[hole] = heap[parent]!;
    hole = parent;
  }
  heap[hole] = key;
}

function pop(heap: number[]): number {
  const least = heap[0]!;
  const key = heap.pop()!;
  const size = heap.length;
  if (size === 0) return least;
  let hole = 0;
  for (let child = 1; child < size; child = 2 * hole + 1) {
    if (child + 1 < size && heap[child + 1]! < heap[child]!) child++;
    if (heap[child]! >= key) break;
    heap[hole] = heap[child]!;
    hole = child;
  }
  heap[hole] = key;
  return least;
}
