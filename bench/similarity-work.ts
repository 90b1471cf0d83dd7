import {
  type ComputePool,
  computeNearestNeighbours,
  computeSimilarityEdges,
  computeSimilarityMatrix,
  type NearestNeighbours,
  type SharedMatrix,
} from 'millrace';
import { type Side, timed } from './compare.js';
import { sampledRows } from './sampled-rows.js';
import {
  denseDifference,
  edgeDifference,
  neighbourDifference,
  neighboursFrom,
  type Pairs,
  pairsFrom,
} from './similarity-answers.js';
import type { Size } from './vectors.js';

export const K = 10;

/** What all contests of one size share. */
export interface Setting {
  vectors: SharedMatrix;
  /** Of edges. */
  threshold: number;
  pool: ComputePool;
}

/** Our side of finding edges, and how it is compared with a peer's pairs. */
export function edges({ vectors, threshold, pool }: Setting) {
  return {
    ...facts('edges', vectors, pool),
    ours: timed<Pairs>(() => computeSimilarityEdges(vectors, { threshold, pool })),
    difference: (ours: Pairs, theirs: Pairs) => edgeDifference(ours, theirs, threshold),
  };
}

/** Our side of finding the ten nearest. */
export function top10({ vectors, pool }: Setting) {
  return {
    ...facts('top10', vectors, pool),
    ours: timed<NearestNeighbours>(() => computeNearestNeighbours(vectors, { k: K, pool })),
    difference: neighbourDifference,
  };
}

/** Our side of the whole matrix; some of its rows are the answer, so that nothing holds the whole. */
export function dense({ vectors, pool }: Setting) {
  const ours: Side<Float32Array> = async () => {
    const { elapsedMs, answer } = await timed(() => computeSimilarityMatrix(vectors, { pool }))();
    return { elapsedMs, answer: sampledRows(answer.data, answer.rows) };
  };
  return { ...facts('dense', vectors, pool), ours, difference: denseDifference };
}

/** Answers of peers in other processes, read as ours are. */
export const readAnswer = {
  edges: pairsFrom,
  top10: (matrix: SharedMatrix) => neighboursFrom(matrix, K),
  dense: ({ data }: SharedMatrix): Float32Array => data,
};

/**
 * Floating-point operations of n × d vectors, for all works alike: n(n−1)/2 pairs, a multiplication and an addition
 * for each of d elements. The diagonal, normalising and choosing are not counted, nor is it counted less if a filter
 * spares some: so this is the speed of the work as a plain product, and may exceed what the processor can multiply.
 */
export function operationsOf({ rows, columns }: Size): number {
  return rows * (rows - 1) * columns;
}

function facts(work: string, vectors: SharedMatrix, { threads }: ComputePool) {
  return {
    suite: 'similarity',
    case: `${work} ${vectors.rows}×${vectors.columns}`,
    threads,
    metric: 'ms',
    operations: operationsOf(vectors),
  } as const;
}
