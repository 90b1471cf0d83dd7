import { z } from 'zod';
import { count } from '../../shared/options.js';

/** One of several equal parts of a computation. */
export interface Shard {
  /** Which one, from 1 to `count`. */
  readonly index: number;
  /** How many there are, from 1. */
  readonly count: number;
}

/** As an option. */
export const shardOption = z
  .object({ index: count(1), count: count(1, 1_000_000) }, 'expected { index, count }')
  .refine(({ index, count }) => index <= count, 'expected an index from 1 to count');

/** A range of tile numbers of a grid. */
export interface TileRange {
  readonly first: number;
  /** The one behind the last. */
  readonly end: number;
}

/**
 * The tiles of a shard. Ranges of tile numbers, which go row by row: shards differ by one tile at most, do not depend
 * on how much memory there is, and have few rows on the left. There may be more shards than tiles; some are empty then.
 */
export function shardTiles(tiles: number, { index, count }: Shard): TileRange {
  return { first: Math.floor((tiles * (index - 1)) / count), end: Math.floor((tiles * index) / count) };
}
