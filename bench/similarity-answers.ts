import type { NearestNeighbours, SharedMatrix } from 'millrace';

/** Pairs of rows as columns: `source[e] < target[e]`. */
export interface Pairs {
  source: ArrayLike<number>;
  target: ArrayLike<number>;
  similarity: ArrayLike<number>;
}

/** How far float32 similarities of the same pair may lie apart. */
const TOLERANCE = 1e-5;

/** Pairs from an m × 3 matrix of source, target and similarity. */
export function pairsFrom(matrix: SharedMatrix): Pairs {
  const column = (place: number) =>
    Float32Array.from({ length: matrix.rows }, (_, pair) => matrix.data[pair * 3 + place]!);
  return { source: column(0), target: column(1), similarity: column(2) };
}

/** Neighbours from such a matrix, with k pairs for each source, in its order. */
export function neighboursFrom(matrix: SharedMatrix, k: number): NearestNeighbours {
  const { target, similarity } = pairsFrom(matrix);
  return { k, indices: Uint32Array.from(target), similarities: Float32Array.from(similarity) };
}

/** What two lists of edges differ in: similarities beyond the tolerance, or edges not within it of the threshold. */
export function edgeDifference(ours: Pairs, theirs: Pairs, threshold: number): string | null {
  const left = byPair(theirs);
  for (const [pair, similarity] of byPair(ours)) {
    const their = left.get(pair);
    left.delete(pair);
    if (their === undefined ? !isNear(similarity, threshold) : !isNear(similarity, their)) {
      return `pair ${pair}: ours ${similarity}, the peer's ${their ?? 'is not there'}`;
    }
  }
  for (const [pair, similarity] of left) {
    if (!isNear(similarity, threshold)) return `pair ${pair}: ours is not there, the peer's ${similarity}`;
  }
  return null;
}

/** What two lists of neighbours differ in, but for neighbours that are as near as the last one within the tolerance. */
export function neighbourDifference(ours: NearestNeighbours, theirs: NearestNeighbours): string | null {
  const { k } = ours;
  if (ours.indices.length !== theirs.indices.length) {
    return `ours has ${ours.indices.length} neighbours, the peer has ${theirs.indices.length}`;
  }
  for (let first = 0; first < ours.indices.length; first += k) {
    const last = ours.similarities[first + k - 1]!;
    const theirRow = theirs.indices.subarray(first, first + k);
    for (let at = first; at < first + k; at++) {
      const same =
        isNear(ours.similarities[at]!, theirs.similarities[at]!) &&
        (theirRow.includes(ours.indices[at]!) || isNear(ours.similarities[at]!, last));
      if (!same) return `row ${first / k}, neighbour ${at - first}: ${ours.indices[at]} is not the peer's`;
    }
  }
  return null;
}

/** What two dense answers differ in, beyond the tolerance. */
export function denseDifference(ours: Float32Array, theirs: Float32Array): string | null {
  if (ours.length !== theirs.length)
    return `ours has ${ours.length} elements, the peer's has ${theirs.length}`;
  const at = ours.findIndex((similarity, place) => !isNear(similarity, theirs[place]!));
  return at === -1 ? null : `element ${at} of the sampled rows: ours ${ours[at]}, the peer's ${theirs[at]}`;
}

function byPair({ source, target, similarity }: Pairs): Map<string, number> {
  return new Map(Array.from(similarity, (score, at) => [`${source[at]}–${target[at]}`, score]));
}

function isNear(a: number, b: number): boolean {
  return Math.abs(a - b) <= TOLERANCE;
}
