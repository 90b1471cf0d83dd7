import { createHash } from 'node:crypto';
import { MillraceError } from '../../shared/errors.js';
import type { Metric } from '../../shared/kernels/similarity/metric.js';
import { type TileGrid, tileCount } from '../../shared/kernels/similarity/tile-plan.js';
import type { ExcludedPairs } from './excluded-pairs.js';
import { rowDigest } from './row-digest.js';
import type { RowSets } from './row-set.js';
import { type Shard, shardTiles, type TileRange } from './shard-plan.js';

/**
 * All that decides the bytes of a result, and which part of it is computed: the header of a log. Numbers and text
 * only, so that two of them are easily compared.
 */
export interface SimilarityIdentity extends SimilarityMode {
  readonly rows: number;
  readonly columns: number;
  /** Of the rows' numbers, as float32. */
  readonly numbersSha256: string;
  /** The second set of rows, if there is one. */
  readonly otherRows?: number;
  readonly otherNumbersSha256?: string;
  readonly shard: number;
  readonly shards: number;
}

/** What is computed. */
export interface SimilarityMode {
  /** `matrix` is the values themselves; `matrix file` only which of them stand in the file that is being written. */
  readonly mode: 'edges' | 'neighbours' | 'matrix' | 'matrix file';
  readonly metric: Metric;
  readonly threshold?: number;
  readonly maxDegree?: number;
  readonly k?: number;
  readonly excludedPairs?: number;
  readonly excludedSha256?: string;
  /** What the last bits of a matrix depend on. */
  readonly kernel?: string;
  readonly rounding?: string;
  /** The file that is being written. */
  readonly out?: string;
}

/** What callers choose by an option of that name; the rest follows from the rows. */
const OPTIONS: ReadonlySet<string> = new Set(['k', 'kernel', 'maxDegree', 'metric', 'threshold']);

/** The one shard that is everything. */
export const WHOLE: Shard = { index: 1, count: 1 };

export async function identify(
  { left, right }: RowSets,
  mode: SimilarityMode,
  { index, count }: Shard,
  signal: AbortSignal | undefined,
): Promise<SimilarityIdentity> {
  return {
    ...mode,
    rows: left.rows,
    columns: left.columns,
    numbersSha256: await rowDigest(left, signal),
    ...(right && { otherRows: right.rows, otherNumbersSha256: await rowDigest(right, signal) }),
    shard: index,
    shards: count,
  };
}

/** The pairs that are left out, if any. */
export function excludedFacts(
  excluded: ExcludedPairs,
): Pick<SimilarityMode, 'excludedPairs' | 'excludedSha256'> {
  const keys = excluded.sortedKeys();
  if (keys.length === 0) return {};
  return {
    excludedPairs: keys.length,
    excludedSha256: createHash('sha256').update(keys).digest('hex'),
  };
}

export function gridOf({ rows, otherRows }: SimilarityIdentity): TileGrid {
  return { rows, columns: otherRows ?? rows, symmetric: otherRows === undefined };
}

/** The tiles of the grid that are computed. */
export function tilesOf(identity: SimilarityIdentity): TileRange {
  return shardTiles(tileCount(gridOf(identity)), { index: identity.shard, count: identity.shards });
}

/**
 * @param like - what it has to be like; default: this run, of whose options it speaks then
 * @throws MillraceError `MILLRACE_INVALID_INPUT`, naming the file and the first thing that differs
 */
export function checkSame(
  path: string,
  found: SimilarityIdentity,
  expected: SimilarityIdentity,
  like?: string,
): void {
  const names = [
    ...new Set([...Object.keys(expected), ...Object.keys(found)]),
  ] as (keyof SimilarityIdentity)[];
  const name = names.find((each) => found[each] !== expected[each]);
  if (name === undefined) return;
  const { [name]: there = 'absent' } = found;
  const { [name]: wanted = 'absent' } = expected;
  const message = `${path}: it belongs to another computation: ${name} is ${there}, expected ${wanted} ${like ?? 'for this run'}`;
  const problem = `${there} in ${path}, expected ${wanted} for this run`;
  const refused = like === undefined && OPTIONS.has(name) ? { options: [{ name, problem }] } : undefined;
  throw new MillraceError('MILLRACE_INVALID_INPUT', message, { refused });
}
