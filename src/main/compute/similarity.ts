import { z } from 'zod';
import type { Metric } from '../../shared/kernels/similarity/metric.js';
import { checkOptions, count, numberFrom } from '../../shared/options.js';
import type { Embeddings } from '../../shared/shared-matrix.js';
import { SharedMatrix } from '../../shared/shared-matrix.js';
import type { SimilarityEdges } from './edge-collector.js';
import type { PairsInput } from './excluded-pairs.js';
import { findEdges, findNeighbours } from './find-pairs.js';
import type { NearestNeighbours } from './pair-collection.js';
import { type EmbeddingsInput, type RowSets, rowSet } from './row-set.js';
import {
  type CheckpointOptions,
  checkpointOption,
  type SimilarityOptions,
  similarityOptions,
} from './similarity-options.js';
import { SimilarityRun } from './similarity-run.js';

export type { SimilarityEdges } from './edge-collector.js';
export type { NearestNeighbours } from './pair-collection.js';

/** How many pairs there are of which similarity. */
export interface SimilarityHistogram {
  /** The edges of the bins, from −1 to 1: bin b counts similarities in [edges[b], edges[b + 1]), the last one also 1. */
  readonly edges: readonly number[];
  /** Pairs in each bin; they sum to n(n − 1) / 2. */
  readonly counts: readonly number[];
}

export interface SimilarityEdgesOptions extends SimilarityOptions, CheckpointOptions {
  /**
   * Keeps pairs whose similarity, a float32, is at least this, rounded to float32; with the Euclidean metric, pairs
   * whose distance is at most this. From −1 to 1 for the cosine.
   */
  threshold: number;
  /** Keeps an edge only if it is among the first so many of both its ends, by similarity, then lower index. */
  maxDegree?: number;
  /** Pairs to leave out, in either order: known ones, or those of one document. They take no place of `maxDegree`. */
  excludePairs?: PairsInput;
}

export interface NearestNeighboursOptions extends SimilarityOptions, CheckpointOptions {
  /** How many neighbours to find for each row, from 1. */
  k: number;
}

export interface SimilarityHistogramOptions extends Omit<SimilarityOptions, 'metric'> {
  /** How many bins of equal width between −1 and 1. Default: 40. */
  bins?: number;
}

const matrixSchema = z.object(similarityOptions);
const edgesSchema = z.object({
  ...similarityOptions,
  ...checkpointOption,
  threshold: z.number('expected a number'),
  maxDegree: count(1).optional(),
  excludePairs: z.custom<PairsInput>().optional(),
});
const nearestSchema = z.object({ ...similarityOptions, ...checkpointOption, k: count(1) });
const histogramSchema = z.object({ ...similarityOptions, bins: count(1, 100_000).optional() });

export function checkEdgesOptions(call: string, options: SimilarityEdgesOptions): void {
  const ranges: Record<Metric, z.ZodType<number>> = {
    cosine: numberFrom(-1, 1),
    dot: numberFrom(-Number.MAX_VALUE, Number.MAX_VALUE),
    euclidean: numberFrom(0, Number.MAX_VALUE),
  };
  const { metric = 'cosine', threshold } = checkOptions(call, edgesSchema, options);
  checkOptions(call, z.object({ threshold: ranges[metric] }), { threshold });
}

export function checkNearestOptions(call: string, options: NearestNeighboursOptions): void {
  checkOptions(call, nearestSchema, options);
}

/**
 * The similarity of every row with every row, as an n × n matrix (row-major float32 in shared memory).
 *
 * Cosines are in [−1, 1] and within 1e-5 of the float64 ones (for d in the thousands; the guaranteed bound grows
 * with d · 2^-24); their last bits depend on the kernel. The matrix is symmetric, its diagonal is 1. A row of zeros
 * is similar to nothing: its row, column and diagonal are 0. Takes 4 n² bytes; beyond some 30,000 rows use
 * {@link writeSimilarityMatrix}, {@link computeSimilarityEdges} or {@link computeNearestNeighbours}.
 *
 * @throws MillraceError `MILLRACE_INVALID_INPUT` for ragged rows and non-finite values, with their place.
 * @example
 * const similarity = await computeSimilarityMatrix([[1, 0], [0.6, 0.8], [0, 1]]);
 * similarity.row(0); // Float32Array [1, 0.6, 0]
 */
export async function computeSimilarityMatrix(
  embeddings: EmbeddingsInput,
  options: SimilarityOptions = {},
): Promise<SharedMatrix> {
  checkOptions('computeSimilarityMatrix', matrixSchema, options);
  const set = rowSet(embeddings);
  return denseMatrix({ left: set }, options);
}

/**
 * All pairs of rows whose similarity is at least `threshold`, as columns: `source[e] < target[e]`, sorted by source,
 * then target. The same bytes on every machine, for every kernel and number of threads: what decides is one
 * canonical float64 score, rounded once to float32. A row of zeros has cosine 0 to every row.
 *
 * @throws MillraceError `MILLRACE_INVALID_ARGUMENT`, `MILLRACE_INVALID_INPUT` with row and column.
 * @example
 * const { length, source, target, similarity } = await computeSimilarityEdges(embeddings, { threshold: 0.8 });
 */
export async function computeSimilarityEdges(
  embeddings: EmbeddingsInput,
  options: SimilarityEdgesOptions,
): Promise<SimilarityEdges> {
  checkEdgesOptions('computeSimilarityEdges', options);
  return findEdges({ left: rowSet(embeddings) }, options, options);
}

/**
 * The k most similar other rows of each row, the most similar first, the lower row number first among equals.
 * The same bytes on every machine, for every kernel and number of threads. There are n − 1 neighbours at most.
 *
 * @throws MillraceError `MILLRACE_INVALID_ARGUMENT`, `MILLRACE_INVALID_INPUT` with row and column.
 * @example
 * const { k, indices, similarities } = await computeNearestNeighbours(embeddings, { k: 10 });
 * indices.subarray(i * k, (i + 1) * k); // the neighbours of row i
 */
export async function computeNearestNeighbours(
  embeddings: EmbeddingsInput,
  options: NearestNeighboursOptions,
): Promise<NearestNeighbours> {
  checkNearestOptions('computeNearestNeighbours', options);
  return findNeighbours({ left: rowSet(embeddings) }, options.k, options);
}

/**
 * Compares every row of one set with every row of another: new entities with known ones, so that a graph which
 * grows is not computed anew. With a `threshold` the pairs that reach it, `source` from the first set and `target`
 * from the second; with `k` the k most similar rows of the second set for each of the first; else the whole matrix,
 * rows of the first by rows of the second.
 *
 * @throws MillraceError `MILLRACE_INVALID_ARGUMENT`; `MILLRACE_INVALID_INPUT` also for sets of different dimensions.
 * @example
 * const edges = await computeCrossSimilarity(added, known, { threshold: 0.8 });
 */
export async function computeCrossSimilarity(
  a: EmbeddingsInput,
  b: EmbeddingsInput,
  options: SimilarityEdgesOptions,
): Promise<SimilarityEdges>;
export async function computeCrossSimilarity(
  a: EmbeddingsInput,
  b: EmbeddingsInput,
  options: NearestNeighboursOptions,
): Promise<NearestNeighbours>;
export async function computeCrossSimilarity(
  a: EmbeddingsInput,
  b: EmbeddingsInput,
  options?: SimilarityOptions,
): Promise<SharedMatrix>;
export async function computeCrossSimilarity(
  a: EmbeddingsInput,
  b: EmbeddingsInput,
  options: SimilarityOptions | SimilarityEdgesOptions | NearestNeighboursOptions = {},
): Promise<SimilarityEdges | NearestNeighbours | SharedMatrix> {
  const sets = { left: rowSet(a), right: rowSet(b) };
  if ('threshold' in options) {
    checkEdgesOptions('computeCrossSimilarity', options);
    return findEdges(sets, options, options);
  }
  if ('k' in options) {
    checkNearestOptions('computeCrossSimilarity', options);
    return findNeighbours(sets, options.k, options);
  }
  checkOptions('computeCrossSimilarity', matrixSchema, options);
  return denseMatrix(sets, options);
}

async function denseMatrix({ left, right }: RowSets, options: SimilarityOptions): Promise<SharedMatrix> {
  const columns = (right ?? left).rows;
  const result = SharedMatrix.create(left.rows, columns);
  const output = { firstRow: 0, firstColumn: 0, rows: left.rows, columns, scores: result.buffer };
  using run = new SimilarityRun(left, right, options, {
    phase: () => ({ phase: 'dense', output }),
    collect: () => {},
  });
  await run.run();
  return result;
}

/**
 * How the cosines of all pairs are distributed: counts in bins of equal width from −1 to 1. The same counts on every
 * machine, for every number of threads.
 *
 * @throws MillraceError `MILLRACE_INVALID_ARGUMENT`, `MILLRACE_INVALID_INPUT` with row and column.
 */
export async function computeSimilarityHistogram(
  embeddings: Embeddings,
  options: SimilarityHistogramOptions = {},
): Promise<SimilarityHistogram> {
  const { bins = 40 } = checkOptions('computeSimilarityHistogram', histogramSchema, options);
  const counts = new Array<number>(bins).fill(0);
  using run = new SimilarityRun(rowSet(embeddings), undefined, options, {
    phase: () => ({ phase: 'histogram', bins }),
    collect: (_tile, part) => {
      for (const [bin, found] of (part as Float64Array).entries()) counts[bin]! += found;
    },
  });
  await run.run();
  return { edges: Array.from({ length: bins + 1 }, (_, bin) => (2 * bin) / bins - 1), counts };
}
