import type { PairPart, PairSelection } from '../../shared/kernels/similarity/job.js';
import { asQuality, type Metric } from '../../shared/kernels/similarity/metric.js';
import type { TileGrid } from '../../shared/kernels/similarity/tile-plan.js';
import { EdgeCollector, type SimilarityEdges } from './edge-collector.js';
import type { FilterRule } from './filter-choice.js';
import { NeighbourLists } from './neighbour-lists.js';

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
  readonly metric: Metric;
  readonly threshold: number;
  readonly maxDegree?: number | undefined;
}

/** How many neighbours are wanted. */
export interface NeighbourRule {
  readonly metric: Metric;
  readonly k: number;
}

/**
 * Which pairs are looked for, and what becomes of those that tiles have. Parts come in any order, each once.
 *
 * A part leaves out pairs that can't get into a list any more by the bounds that were known when its tile was done.
 * These come from pairs that were added before. So whatever parts are there, up to any moment of a run, hold all that
 * belongs into the lists of their tiles; the lists of several runs over parts of the tiles make those of all tiles.
 */
export interface PairCollection<R> {
  readonly selection: PairSelection;
  readonly filter: FilterRule;
  add(tile: number, part: PairPart): void;
  result(): R;
}

/** All pairs that reach the threshold. */
export function edgeCollection(grid: TileGrid, rule: EdgeRule): PairCollection<SimilarityEdges> {
  const { metric, threshold, maxDegree } = rule;
  const floor = asQuality(metric, Math.fround(threshold));
  if (maxDegree !== undefined) return cappedCollection(grid, metric, floor, maxDegree);
  const collector = new EdgeCollector(grid);
  return {
    selection: { floor },
    filter: { floor },
    add: (tile, part) => collector.add(tile, part),
    result: () => {
      const edges = collector.edges();
      for (let at = 0; at < edges.length; at++)
        edges.similarity[at] = asQuality(metric, edges.similarity[at]!);
      return edges;
    },
  };
}

/** Edges that are among the first `maxDegree` of both their ends: in memory that the cap bounds, not the edges. */
function cappedCollection(
  grid: TileGrid,
  metric: Metric,
  floor: number,
  maxDegree: number,
): PairCollection<SimilarityEdges> {
  const length = Math.min(maxDegree, Math.max(grid.rows, grid.columns));
  const sources = new NeighbourLists(grid.rows, length, floor);
  const targets = grid.symmetric ? sources : new NeighbourLists(grid.columns, length, floor);
  return {
    selection: { floor, bounds: { left: sources.bounds, right: targets.bounds } },
    filter: { floor },
    add: (_tile, part) => {
      sources.offer(part);
      targets.offer({ ...part, source: part.target, target: part.source });
    },
    result: () => {
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
    },
  };
}

/** The k best pairs of each row of the first set. */
export function neighbourCollection(
  grid: TileGrid,
  { metric, k: wanted }: NeighbourRule,
): PairCollection<NearestNeighbours> {
  const k = Math.max(0, Math.min(wanted, grid.symmetric ? grid.rows - 1 : grid.columns));
  const lists = new NeighbourLists(grid.rows, k);
  const bounds = { left: lists.bounds, ...(grid.symmetric && { right: lists.bounds }) };
  return {
    selection: { floor: Number.NEGATIVE_INFINITY, bounds, listLength: k },
    filter: { listLength: k },
    add: (_tile, part) => {
      lists.offer(part);
      if (grid.symmetric) lists.offer({ ...part, source: part.target, target: part.source });
    },
    result: () => {
      const { others: indices, qualities } = lists.sorted();
      return { k, indices, similarities: qualities.map((quality) => asQuality(metric, quality)) };
    },
  };
}
