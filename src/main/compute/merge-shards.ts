import { stat } from 'node:fs/promises';
import { z } from 'zod';
import { MillraceError } from '../../shared/errors.js';
import { checkOptions } from '../../shared/options.js';
import type { ProgressSink } from '../../shared/progress.js';
import { type LogRecord, readLogHeader } from '../files/record-log.js';
import { isTileOfScores } from './dense-window.js';
import type { SimilarityEdges } from './edge-collector.js';
import { type MatrixPart, writeMergedMatrix } from './merge-matrix.js';
import {
  edgeCollection,
  type NearestNeighbours,
  neighbourCollection,
  type PairCollection,
} from './pair-collection.js';
import { decodePairs } from './pair-records.js';
import { checkSame, gridOf, type SimilarityIdentity } from './similarity-identity.js';
import { replayLog } from './tile-checkpoint.js';

export interface MergeOptions {
  /** Ends the call, which rejects with `signal.reason`. */
  signal?: AbortSignal;
  /** Told after each shard. */
  progress?: ProgressSink;
}

/** What shards make together. */
export type MergedSimilarity = { readonly rows: number; readonly columns: number } & (
  | { readonly mode: 'edges'; readonly edges: SimilarityEdges }
  | { readonly mode: 'neighbours'; readonly neighbours: NearestNeighbours }
  | {
      readonly mode: 'matrix';
      /** Writes it to a `.npy` file, a block of rows at a time, straight from the shards: they have to be there still. */
      write(path: string): Promise<void>;
    }
);

const schema = z.object({
  signal: z.instanceof(AbortSignal, { error: 'expected an AbortSignal' }).optional(),
  progress: z.custom<ProgressSink>((value) => value === undefined || typeof value === 'function').optional(),
});

/** A shard's file, its header, and where its records begin. */
interface ShardFile {
  readonly path: string;
  readonly identity: SimilarityIdentity;
  readonly recordsAt: number;
}

/**
 * Joins all shards of a computation, in any order, into what one run would have given, byte for byte.
 *
 * @param paths - the files that `writeSimilarityShard` wrote, each shard once
 * @throws MillraceError `MILLRACE_INVALID_INPUT`, naming the file and what was expected: for a shard that is missing,
 * there twice, not finished, damaged, or of another computation; `MILLRACE_UNREADABLE_INPUT`.
 * @example
 * const merged = await mergeSimilarityShards(['part-1.shard', 'part-2.shard']);
 * if (merged.mode === 'neighbours') console.log(merged.neighbours.indices);
 */
export async function mergeSimilarityShards(
  paths: readonly string[],
  options: MergeOptions = {},
): Promise<MergedSimilarity> {
  checkOptions('mergeSimilarityShards', schema, options);
  const files = await openShards(paths);
  const { rows, columns, mode, metric, ...identity } = files[0]!.identity;
  const grid = gridOf(files[0]!.identity);
  if (mode === 'edges') {
    const collection = edgeCollection(grid, { metric, threshold: identity.threshold!, ...identity });
    return { rows, columns, mode, edges: await mergePairs(files, collection, options) };
  }
  if (mode === 'neighbours') {
    const collection = neighbourCollection(grid, { metric, k: identity.k! });
    return { rows, columns, mode, neighbours: await mergePairs(files, collection, options) };
  }
  const parts: MatrixPart[] = [];
  await readAll(files, options, ({ path }) => {
    const places = new Map<number, number>();
    parts.push({ path, places });
    return ({ tile, payload, start }) => {
      places.set(tile, start);
      return isTileOfScores(grid, tile, payload);
    };
  });
  return {
    rows,
    columns,
    mode: 'matrix',
    write: (path) => writeMergedMatrix(path, grid, parts, options.signal),
  };
}

async function mergePairs<R>(
  files: readonly ShardFile[],
  collection: PairCollection<R>,
  options: MergeOptions,
): Promise<R> {
  const grid = gridOf(files[0]!.identity);
  await readAll(files, options, () => ({ tile, payload }) => {
    const part = decodePairs(grid, tile, payload);
    if (part) collection.add(tile, part);
    return part !== undefined;
  });
  return collection.result();
}

/** Reads the headers: all of one computation, and every shard once. */
async function openShards(paths: readonly string[]): Promise<ShardFile[]> {
  const byNumber = new Map<number, ShardFile>();
  let first: ShardFile | undefined;
  for (const path of paths) {
    const found = await readLogHeader<SimilarityIdentity>(path);
    if (found === undefined) throw refusal(path, 'no such file, or an empty one, expected a shard');
    const file: ShardFile = { path, identity: found.header, recordsAt: found.end };
    const { shard, shards, mode } = found.header;
    if (mode === 'matrix file') throw refusal(path, 'the checkpoint of a matrix, expected a shard');
    first ??= file;
    checkSame(path, { ...found.header, shard: 0 }, { ...first.identity, shard: 0 }, `as in ${first.path}`);
    const twin = byNumber.get(shard);
    if (twin) throw refusal(path, `shard ${shard} of ${shards} once more: it is in ${twin.path}`);
    byNumber.set(shard, file);
  }
  if (first === undefined)
    throw new MillraceError('MILLRACE_INVALID_ARGUMENT', 'expected shards, received none');
  const { shards } = first.identity;
  const missing = Array.from({ length: shards }, (_, at) => at + 1).filter((shard) => !byNumber.has(shard));
  if (missing.length > 0) {
    const some = missing.slice(0, 10).join(', ') + (missing.length > 10 ? ', …' : '');
    const what = missing.length === 1 ? 'is' : 'are';
    throw new MillraceError('MILLRACE_INVALID_INPUT', `of ${shards} shards ${some} ${what} missing`);
  }
  return [...byNumber.values()].sort((a, b) => a.identity.shard - b.identity.shard);
}

/** Reads the records of all shards, each of which has to be complete. */
async function readAll(
  files: readonly ShardFile[],
  { signal, progress }: MergeOptions,
  taker: (file: ShardFile) => (record: LogRecord) => boolean,
): Promise<void> {
  for (const [at, file] of files.entries()) {
    signal?.throwIfAborted();
    const { path, identity, recordsAt } = file;
    const { done, end } = await replayLog(path, recordsAt, identity, taker(file), signal);
    const { size } = await stat(path);
    const name = `shard ${identity.shard} of ${identity.shards}`;
    const advice = 'the command that wrote it goes on with it';
    if (end < size)
      throw refusal(path, `${name} is damaged or torn behind byte ${end} of ${size}; ${advice}`);
    if (done.count < done.total) {
      throw refusal(
        path,
        `${name} is not finished: ${done.count} of ${done.total} tiles are done; ${advice}`,
      );
    }
    progress?.({ label: 'merge', done: at + 1, total: files.length, unit: 'shards' });
  }
}

function refusal(path: string, reason: string): MillraceError {
  return new MillraceError('MILLRACE_INVALID_INPUT', `${path}: ${reason}`);
}
