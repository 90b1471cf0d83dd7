import type { PairPart } from '../../shared/kernels/similarity/job.js';
import type { SimilarityEdges } from './edge-collector.js';
import { ExcludedPairs, type PairsInput } from './excluded-pairs.js';
import {
  type EdgeRule,
  edgeCollection,
  type NearestNeighbours,
  neighbourCollection,
  type PairCollection,
} from './pair-collection.js';
import { decodePairs, encodePairs } from './pair-records.js';
import type { RowSets } from './row-set.js';
import type { Shard } from './shard-plan.js';
import { excludedFacts, identify, type SimilarityMode, WHOLE } from './similarity-identity.js';
import type { CheckpointOptions, SimilarityOptions } from './similarity-options.js';
import { SimilarityRun } from './similarity-run.js';
import { TileCheckpoint } from './tile-checkpoint.js';

type PairOptions = SimilarityOptions & CheckpointOptions;
export type EdgeWishes = Omit<EdgeRule, 'metric'> & { readonly excludePairs?: PairsInput | undefined };

/** All pairs that reach the threshold. */
export function findEdges(sets: RowSets, wishes: EdgeWishes, options: PairOptions): Promise<SimilarityEdges> {
  return findPairs(sets, edgeSearch(sets, wishes, options), options);
}

/** The k best pairs of each row of the first set. */
export function findNeighbours(sets: RowSets, k: number, options: PairOptions): Promise<NearestNeighbours> {
  return findPairs(sets, neighbourSearch(sets, k, options), options);
}

/** What pairs are looked for, and what tells it from other searches. */
export interface PairSearch<R> {
  readonly mode: SimilarityMode;
  readonly collection: PairCollection<R>;
  readonly excluded: ExcludedPairs;
}

export function edgeSearch(
  sets: RowSets,
  { threshold, maxDegree, excludePairs = [] }: EdgeWishes,
  { metric = 'cosine' }: SimilarityOptions,
): PairSearch<SimilarityEdges> {
  const grid = gridOf(sets);
  const excluded = new ExcludedPairs(excludePairs, grid);
  const rule = { metric, threshold, ...(maxDegree !== undefined && { maxDegree }) };
  return {
    mode: { mode: 'edges', ...rule, ...excludedFacts(excluded) },
    collection: edgeCollection(grid, rule),
    excluded,
  };
}

export function neighbourSearch(
  sets: RowSets,
  k: number,
  { metric = 'cosine' }: SimilarityOptions,
): PairSearch<NearestNeighbours> {
  const grid = gridOf(sets);
  return {
    mode: { mode: 'neighbours', metric, k },
    collection: neighbourCollection(grid, { metric, k }),
    excluded: new ExcludedPairs([], grid),
  };
}

async function findPairs<R>(sets: RowSets, search: PairSearch<R>, options: PairOptions): Promise<R> {
  const { checkpoint } = options;
  await using log =
    checkpoint === undefined ? undefined : await openPairLog(checkpoint, sets, search, WHOLE, options);
  await runPairs(sets, search, options, log);
  return search.collection.result();
}

/** Goes on with the log of a search, or begins one; the pairs that are in it are added to the collection. */
export async function openPairLog<R>(
  path: string,
  sets: RowSets,
  { mode, collection }: PairSearch<R>,
  shard: Shard,
  { signal, explain }: SimilarityOptions,
): Promise<TileCheckpoint> {
  const grid = gridOf(sets);
  const identity = await identify(sets, mode, shard, signal);
  return TileCheckpoint.open({
    path,
    identify: () => identity,
    replay: ({ tile, payload }) => {
      const part = decodePairs(grid, tile, payload);
      if (part) collection.add(tile, part);
      return part !== undefined;
    },
    signal,
    explain,
  });
}

/** Adds the pairs of all tiles to the collection, or of those that the log lacks, and to the log. */
export async function runPairs<R>(
  sets: RowSets,
  { collection, excluded }: PairSearch<R>,
  options: SimilarityOptions,
  log: TileCheckpoint | undefined,
): Promise<void> {
  const grid = gridOf(sets);
  using run = new SimilarityRun(sets.left, sets.right, options, {
    phase: () => ({ phase: 'pairs', selection: collection.selection }),
    collect: (tile, part) => {
      const wanted = excluded.removeFrom(part as PairPart);
      log?.append(tile, encodePairs(grid, tile, wanted));
      collection.add(tile, wanted);
    },
    filter: collection.filter,
    ...(log && { subset: log.subset }),
  });
  await run.run();
  await log?.sync();
}

function gridOf({ left, right }: RowSets) {
  return { rows: left.rows, columns: (right ?? left).rows, symmetric: right === undefined };
}
