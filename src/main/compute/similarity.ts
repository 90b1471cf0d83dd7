import { z } from 'zod';
import type { EdgePart, NearestPart } from '../../shared/kernels/similarity/job.js';
import { BLOCK } from '../../shared/kernels/similarity/tile-plan.js';
import { checkOptions, count, numberFrom } from '../../shared/options.js';
import { type Embeddings, SharedMatrix } from '../../shared/shared-matrix.js';
import { EdgeCollector, type SimilarityEdges } from './edge-collector.js';
import { capDegree } from './select-edges.js';
import { runSimilarityJob, type SimilarityOptions, similarityOptions } from './similarity-job.js';

export type { SimilarityEdges } from './edge-collector.js';

/** The k nearest neighbours of n rows. */
export interface NearestNeighbours {
  /** Neighbours per row: the k asked for, or n − 1 if that is less. */
  readonly k: number;
  /** n × k row numbers, row-major: row i's neighbours, the most similar first, are at i × k to i × k + k − 1. */
  readonly indices: Uint32Array;
  /** n × k similarities, in the places of `indices`. */
  readonly similarities: Float32Array;
}

/** How many pairs there are of which similarity. */
export interface SimilarityHistogram {
  /** The edges of the bins, from −1 to 1: bin b counts similarities in [edges[b], edges[b + 1]), the last one also 1. */
  readonly edges: readonly number[];
  /** Pairs in each bin; they sum to n(n − 1) / 2. */
  readonly counts: readonly number[];
}

export interface SimilarityEdgesOptions extends SimilarityOptions {
  /** Keeps pairs whose similarity, a float32, is at least this, rounded to float32. From −1 to 1. */
  threshold: number;
  /** Keeps an edge only if it is among the first so many of both its ends, by similarity, then lower index. */
  maxDegree?: number;
}

export interface NearestNeighboursOptions extends SimilarityOptions {
  /** How many neighbours to find for each row, from 1. */
  k: number;
}

export interface SimilarityHistogramOptions extends SimilarityOptions {
  /** How many bins of equal width between −1 and 1. Default: 40. */
  bins?: number;
}

const matrixSchema = z.object(similarityOptions);
const edgesSchema = z.object({
  ...similarityOptions,
  threshold: numberFrom(-1, 1),
  maxDegree: count(1).optional(),
});
const nearestSchema = z.object({ ...similarityOptions, k: count(1) });
const histogramSchema = z.object({ ...similarityOptions, bins: count(1, 100_000).optional() });

/**
 * The cosine similarity of every row with every row, as an n × n matrix (row-major float32 in shared memory).
 *
 * Values are in [−1, 1] and within 1e-5 of the float64 ones (for d in the thousands; the guaranteed bound grows
 * with d · 2^-24); their last bits depend on the kernel. The matrix is symmetric, its diagonal is 1. A row of zeros is similar to nothing: its row, column and diagonal are 0.
 * Takes 4 n² bytes; beyond some 30,000 rows use {@link computeSimilarityEdges} or {@link computeNearestNeighbours}.
 *
 * @throws MillraceError `MILLRACE_INVALID_INPUT` for ragged rows and non-finite values, with their place.
 * @example
 * const similarity = await computeSimilarityMatrix([[1, 0], [0.6, 0.8], [0, 1]]);
 * similarity.row(0); // Float32Array [1, 0.6, 0]
 */
export async function computeSimilarityMatrix(
  embeddings: Embeddings,
  options: SimilarityOptions = {},
): Promise<SharedMatrix> {
  checkOptions('computeSimilarityMatrix', matrixSchema, options);
  const matrix = SharedMatrix.from(embeddings);
  const result = SharedMatrix.create(matrix.rows, matrix.rows);
  await runSimilarityJob(matrix, { phase: 'dense', output: result.buffer }, () => {}, options);
  return result;
}

/**
 * All pairs of rows whose cosine similarity is at least `threshold`, as columns: `source[e] < target[e]`, sorted
 * by source, then target. The same bytes on every machine, for every number of threads: what decides is one
 * canonical float64 score, rounded once to float32. A row of zeros has similarity 0 to every row.
 *
 * @throws MillraceError `MILLRACE_INVALID_ARGUMENT`, `MILLRACE_INVALID_INPUT` with row and column.
 * @example
 * const { length, source, target, similarity } = await computeSimilarityEdges(embeddings, { threshold: 0.8 });
 */
export async function computeSimilarityEdges(
  embeddings: Embeddings,
  options: SimilarityEdgesOptions,
): Promise<SimilarityEdges> {
  const { threshold, maxDegree } = checkOptions('computeSimilarityEdges', edgesSchema, options);
  const matrix = SharedMatrix.from(embeddings);
  const collector = new EdgeCollector(matrix.rows);
  const collect = (tile: number, part: unknown) => collector.add(tile, part as EdgePart);
  await runSimilarityJob(matrix, { phase: 'edges', threshold }, collect, options);
  const edges = collector.edges();
  return maxDegree === undefined ? edges : capDegree(edges, matrix.rows, maxDegree);
}

/**
 * The k most similar other rows of each row, the most similar first, the lower row number first among equals.
 * The same bytes on every machine, for every number of threads. There are n − 1 neighbours at most.
 *
 * @throws MillraceError `MILLRACE_INVALID_ARGUMENT`, `MILLRACE_INVALID_INPUT` with row and column.
 * @example
 * const { k, indices, similarities } = await computeNearestNeighbours(embeddings, { k: 10 });
 * indices.subarray(i * k, (i + 1) * k); // the neighbours of row i
 */
export async function computeNearestNeighbours(
  embeddings: Embeddings,
  options: NearestNeighboursOptions,
): Promise<NearestNeighbours> {
  const wanted = checkOptions('computeNearestNeighbours', nearestSchema, options).k;
  const matrix = SharedMatrix.from(embeddings);
  const k = Math.max(0, Math.min(wanted, matrix.rows - 1));
  const indices = new Uint32Array(matrix.rows * k);
  const similarities = new Float32Array(matrix.rows * k);
  if (k === 0) return { k, indices, similarities };
  const place = (block: number, part: unknown) => {
    const found = part as NearestPart;
    indices.set(found.indices, block * BLOCK * k);
    similarities.set(found.similarities, block * BLOCK * k);
  };
  await runSimilarityJob(matrix, { phase: 'nearest', k }, place, options);
  return { k, indices, similarities };
}

/**
 * How the similarities of all pairs are distributed: counts in bins of equal width from −1 to 1. The same counts
 * on every machine, for every number of threads.
 *
 * @throws MillraceError `MILLRACE_INVALID_ARGUMENT`, `MILLRACE_INVALID_INPUT` with row and column.
 */
export async function computeSimilarityHistogram(
  embeddings: Embeddings,
  options: SimilarityHistogramOptions = {},
): Promise<SimilarityHistogram> {
  const { bins = 40 } = checkOptions('computeSimilarityHistogram', histogramSchema, options);
  const matrix = SharedMatrix.from(embeddings);
  const counts = new Array<number>(bins).fill(0);
  const add = (_tile: number, part: unknown) => {
    for (const [bin, found] of (part as Float64Array).entries()) counts[bin]! += found;
  };
  await runSimilarityJob(matrix, { phase: 'histogram', bins }, add, options);
  return { edges: Array.from({ length: bins + 1 }, (_, bin) => (2 * bin) / bins - 1), counts };
}
