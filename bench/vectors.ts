import { type ComputePool, computeSimilarityHistogram, SharedMatrix } from 'millrace';

/** How many vectors, and how long they are. */
export interface Size {
  rows: number;
  columns: number;
}

const KEPT_SHARE = 0.001;

/** Vectors with elements between −1 and 1, the same in every run. */
export function randomVectors({ rows, columns }: Size): SharedMatrix {
  const next = randomNumbers(1);
  const matrix = SharedMatrix.create(rows, columns);
  for (let at = 0; at < matrix.data.length; at++) matrix.data[at] = 2 * next() - 1;
  return matrix;
}

/** Numbers in [0, 1), the same in every run: mulberry32 by Tommy Ettinger (public domain). */
export function randomNumbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** The similarity that about {@link KEPT_SHARE} of the pairs reach. */
export async function thresholdOf(vectors: SharedMatrix, pool: ComputePool): Promise<number> {
  const { edges, counts } = await computeSimilarityHistogram(vectors, { bins: 2000, pool });
  const wanted = (KEPT_SHARE * vectors.rows * (vectors.rows - 1)) / 2;
  let kept = 0;
  let bin = counts.length;
  while (kept < wanted) kept += counts[--bin]!;
  return edges[bin]!;
}
