import type { PairPart } from '../../shared/kernels/similarity/job.js';
import { asQuality } from '../../shared/kernels/similarity/metric.js';
import { EdgeCollector, type SimilarityEdges } from './edge-collector.js';
import { ExcludedPairs, type PairsInput } from './excluded-pairs.js';
import { NeighbourLists } from './neighbour-lists.js';
import type { RowSet } from './row-set.js';
import type { SimilarityOptions } from './similarity-options.js';
import { SimilarityRun } from './similarity-run.js';

/** The nearest neighbours of n rows. */
export interface NearestNeighbours {
  /** Neighbours per row: the k asked for, or all others if those are fewer. */
  readonly k: number;
  /** n × k row numbers, row-major: row i's neighbours, the most similar first, are at i × k to i × k + k − 1. */
  readonly indices: Uint32Array;
  /** n × k cosines, dot products or distances, in the places of `indices`. */
  readonly similarities: Float32Array;
}

/** Which edges are wanted. */
export interface EdgeRule {
  readonly threshold: number;
  readonly maxDegree?: number | undefined;
  readonly excludePairs?: PairsInput | undefined;
}

/** Two sets of rows, or one with itself. */
export interface RowSets {
  readonly left: RowSet;
  readonly right?: RowSet;
}

/** All pairs that reach the threshold. */
export async function findEdges(
  sets: RowSets,
  { threshold, maxDegree, excludePairs = [] }: EdgeRule,
  options: SimilarityOptions,
): Promise<SimilarityEdges> {
  const { metric = 'cosine' } = options;
  const floor = asQuality(metric, Math.fround(threshold));
  if (maxDegree !== undefined) return findCappedEdges(sets, { floor, maxDegree, excludePairs }, options);
  const grid = gridOf(sets);
  const collector = new EdgeCollector(grid);
  const excluded = new ExcludedPairs(excludePairs, grid);
  using run = new SimilarityRun(sets.left, sets.right, options, {
    phase: () => ({ phase: 'pairs', selection: { floor } }),
    collect: (tile, part) => collector.add(tile, excluded.removeFrom(part as PairPart)),
    filter: { floor },
  });
  await run.run();
  const edges = collector.edges();
  for (let at = 0; at < edges.length; at++) edges.similarity[at] = asQuality(metric, edges.similarity[at]!);
  return edges;
}

/** Edges that are among the first `maxDegree` of both their ends: in memory that the cap bounds, not the edges. */
async function findCappedEdges(
  sets: RowSets,
  { floor, maxDegree, excludePairs }: { floor: number; maxDegree: number; excludePairs: PairsInput },
  options: SimilarityOptions,
): Promise<SimilarityEdges> {
  const { metric = 'cosine' } = options;
  const grid = gridOf(sets);
  const length = Math.min(maxDegree, Math.max(grid.rows, grid.columns));
  const sources = new NeighbourLists(grid.rows, length, floor);
  const targets = grid.symmetric ? sources : new NeighbourLists(grid.columns, length, floor);
  const excluded = new ExcludedPairs(excludePairs, grid);
  using run = new SimilarityRun(sets.left, sets.right, options, {
    phase: () => ({
      phase: 'pairs',
      selection: { floor, bounds: { left: sources.bounds, right: targets.bounds } },
    }),
    collect: (_tile, part) => {
      const wanted = excluded.removeFrom(part as PairPart);
      sources.offer(wanted);
      targets.offer({ ...wanted, source: wanted.target, target: wanted.source });
    },
    filter: { floor },
  });
  await run.run();
  const { others, qualities, sizes } = sources.sorted();
  if (targets !== sources) targets.sorted();
  const found: [number, number, number][] = [];
  for (let row = 0; row < grid.rows; row++) {
    const places = Array.from({ length: sizes[row]! }, (_, place) => row * length + place);
    for (const at of places.sort((a, b) => others[a]! - others[b]!)) {
      const [other, quality] = [others[at]!, qualities[at]!];
      if (grid.symmetric && other < row) continue;
      if (targets.holds(other, row, quality)) found.push([row, other, asQuality(metric, quality)]);
    }
  }
  return {
    length: found.length,
    source: Uint32Array.from(found, ([source]) => source),
    target: Uint32Array.from(found, ([, target]) => target),
    similarity: Float32Array.from(found, ([, , similarity]) => similarity),
  };
}

/** The k best pairs of each row of the first set. */
export async function findNeighbours(
  sets: RowSets,
  wanted: number,
  options: SimilarityOptions,
): Promise<NearestNeighbours> {
  const { metric = 'cosine' } = options;
  const grid = gridOf(sets);
  const k = Math.max(0, Math.min(wanted, grid.symmetric ? grid.rows - 1 : grid.columns));
  if (grid.rows * k === 0) return { k, indices: new Uint32Array(), similarities: new Float32Array() };
  const lists = new NeighbourLists(grid.rows, k);
  const bounds = { left: lists.bounds, ...(grid.symmetric && { right: lists.bounds }) };
  const selection = { floor: Number.NEGATIVE_INFINITY, bounds, listLength: k };
  using run = new SimilarityRun(sets.left, sets.right, options, {
    phase: () => ({ phase: 'pairs', selection }),
    collect: (_tile, part) => {
      const pairs = part as PairPart;
      lists.offer(pairs);
      if (grid.symmetric) lists.offer({ ...pairs, source: pairs.target, target: pairs.source });
    },
    filter: { listLength: k },
  });
  await run.run();
  const { others: indices, qualities } = lists.sorted();
  return { k, indices, similarities: qualities.map((quality) => asQuality(metric, quality)) };
}

function gridOf({ left, right }: RowSets) {
  return { rows: left.rows, columns: (right ?? left).rows, symmetric: right === undefined };
}
