import { setImmediate } from 'node:timers/promises';
import { z } from 'zod';
import { checkOptions } from '../../shared/options.js';
import { isTileOfScores, tileScores, WINDOW_BLOCKS, WindowBuffers } from './dense-window.js';
import { edgeSearch, neighbourSearch, openPairLog, runPairs } from './find-pairs.js';
import { openMatrixLog } from './matrix-log.js';
import { type EmbeddingsInput, type RowSet, rowSet } from './row-set.js';
import { type Shard, shardOption } from './shard-plan.js';
import {
  checkEdgesOptions,
  checkNearestOptions,
  type NearestNeighboursOptions,
  type SimilarityEdgesOptions,
} from './similarity.js';
import { type SimilarityOptions, similarityOptions } from './similarity-options.js';
import { SimilarityRun } from './similarity-run.js';

/** Which part of a computation is to be done. */
export interface ShardOptions {
  /** `{ index, count }`: part `index` (from 1) of `count`, which differ by one tile of 240 × 240 pairs at most. */
  shard: Shard;
}

/** What is in a shard. */
export interface WrittenShard {
  /** Tiles of 240 × 240 pairs; none, if there are more shards than tiles. */
  readonly tiles: number;
}

const CALL = 'writeSimilarityShard';
const schema = z.object({ ...similarityOptions, shard: shardOption });

/**
 * Computes one of several equal parts of a computation, for machines that share the work, and writes it to a file:
 * with a `threshold` of the edges, with `k` of the nearest neighbours, else of the matrix. `mergeSimilarityShards` joins
 * the files. The other options, and the rows, have to be the same for all; how much memory and how many threads there
 * are may differ.
 *
 * The file is its own checkpoint: the same call goes on with it after whatever ended an earlier one, and returns at
 * once if it is complete. One process at a time may write it.
 *
 * A matrix depends on the kernel. Alike machines take the same one; else name it with `kernel`.
 *
 * @throws MillraceError `MILLRACE_INVALID_ARGUMENT`; `MILLRACE_INVALID_INPUT`, also for a file that belongs to other rows,
 * options or another shard; `MILLRACE_LOCKED`, `MILLRACE_OUTPUT_FAILED`.
 * @example
 * await writeSimilarityShard(NpyFile.open('vectors.npy'), 'part-2.shard', { k: 10, shard: { index: 2, count: 4 } });
 */
export async function writeSimilarityShard(
  embeddings: EmbeddingsInput,
  path: string,
  options: ShardOptions &
    (
      | Omit<SimilarityEdgesOptions, 'checkpoint'>
      | Omit<NearestNeighboursOptions, 'checkpoint'>
      | SimilarityOptions
    ),
): Promise<WrittenShard> {
  const { shard } = checkOptions(CALL, schema, options);
  const set = rowSet(embeddings);
  if ('threshold' in options) {
    checkEdgesOptions(CALL, options);
    const search = edgeSearch({ left: set }, options, options);
    // Edges without a cap are written down, and not looked at again.
    const add = options.maxDegree === undefined ? () => {} : search.collection.add;
    return pairShard(path, set, { ...search, collection: { ...search.collection, add } }, shard, options);
  }
  if ('k' in options) {
    checkNearestOptions(CALL, options);
    return pairShard(path, set, neighbourSearch({ left: set }, options.k, options), shard, options);
  }
  return matrixShard(path, set, shard, options);
}

async function pairShard(
  path: string,
  set: RowSet,
  search: Parameters<typeof runPairs>[1],
  shard: Shard,
  options: SimilarityOptions,
): Promise<WrittenShard> {
  await using log = await openPairLog(path, { left: set }, search, shard, options);
  await runPairs({ left: set }, search, options, log);
  return { tiles: log.done.total };
}

/** After so many tiles the process looks at what else there is to do. */
const TILES_AT_ONCE = 16;

async function matrixShard(
  path: string,
  set: RowSet,
  shard: Shard,
  options: SimilarityOptions,
): Promise<WrittenShard> {
  const grid = { rows: set.rows, columns: set.rows, symmetric: true };
  const { log, kernel } = await openMatrixLog(
    path,
    set,
    { mode: 'matrix' },
    shard,
    ({ tile, payload }) => isTileOfScores(grid, tile, payload),
    options,
  );
  await using _log = log;
  const windows = new WindowBuffers(set.rows);
  using run = new SimilarityRun(set, undefined, options, {
    phase: (window) => ({ phase: 'dense', output: windows.enter(window) }),
    collect: () => {},
    maxPanelBlocks: WINDOW_BLOCKS,
    windowDone: async ({ tiles }) => {
      for (const [place, tile] of tiles.entries()) {
        if (place % TILES_AT_ONCE === 0) await setImmediate();
        options.signal?.throwIfAborted();
        log.append(tile, new Uint8Array(tileScores(grid, tile, windows.current).buffer));
      }
    },
    kernel,
    subset: log.subset,
  });
  await run.run();
  await log.sync();
  return { tiles: log.done.total };
}
