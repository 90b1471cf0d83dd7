import type { PairPart } from '../../shared/kernels/similarity/job.js';
import { BLOCK, type TileGrid, tilePlace } from '../../shared/kernels/similarity/tile-plan.js';

/**
 * Pairs of a tile in six bytes each: all qualities (float32), then all rows, then all columns, both counted from the
 * tile's first and therefore below 240.
 */
const PAIR_BYTES = 6;

type Pairs = Pick<PairPart, 'source' | 'target' | 'quality'>;

export function encodePairs(grid: TileGrid, tile: number, { source, target, quality }: Pairs): Uint8Array {
  const { blockRow, blockColumn } = tilePlace(grid, tile);
  const count = source.length;
  const bytes = new Uint8Array(count * PAIR_BYTES);
  bytes.set(new Uint8Array(quality.buffer, quality.byteOffset, quality.byteLength));
  for (let at = 0; at < count; at++) {
    bytes[4 * count + at] = source[at]! - blockRow * BLOCK;
    bytes[5 * count + at] = target[at]! - blockColumn * BLOCK;
  }
  return bytes;
}

/** The same pairs; undefined if the bytes are not those of pairs. */
export function decodePairs(grid: TileGrid, tile: number, payload: Uint8Array): PairPart | undefined {
  const count = payload.length / PAIR_BYTES;
  if (!Number.isInteger(count)) return undefined;
  const { blockRow, blockColumn } = tilePlace(grid, tile);
  const source = new Uint32Array(count);
  const target = new Uint32Array(count);
  for (let at = 0; at < count; at++) {
    source[at] = blockRow * BLOCK + payload[4 * count + at]!;
    target[at] = blockColumn * BLOCK + payload[5 * count + at]!;
  }
  const quality = new Float32Array(new Uint8Array(payload.subarray(0, 4 * count)).buffer);
  return { source, target, quality, candidates: 0 };
}
