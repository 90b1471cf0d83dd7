/** Whole tiles of scores: mirrored, and forced into range. */
import { BLOCK, WORD } from './layout';

const STRIDE: usize = BLOCK * WORD;

/** Writes the transpose of a tile, all BLOCK × BLOCK, to `out`, by blocks of 4 × 4. */
export function transpose(scores: usize, out: usize): void {
  let column: usize = 0;
  while (column < BLOCK) {
    let from = scores + column * WORD;
    let to = out + column * STRIDE;
    const end = to + STRIDE;
    while (to < end) {
      const r0 = v128.load(from);
      const r1 = v128.load(from, STRIDE);
      const r2 = v128.load(from, 2 * STRIDE);
      const r3 = v128.load(from, 3 * STRIDE);
      const low01 = v128.shuffle<i32>(r0, r1, 0, 4, 1, 5);
      const low23 = v128.shuffle<i32>(r2, r3, 0, 4, 1, 5);
      const high01 = v128.shuffle<i32>(r0, r1, 2, 6, 3, 7);
      const high23 = v128.shuffle<i32>(r2, r3, 2, 6, 3, 7);
      v128.store(to, v128.shuffle<i64>(low01, low23, 0, 2));
      v128.store(to, v128.shuffle<i64>(low01, low23, 1, 3), STRIDE);
      v128.store(to, v128.shuffle<i64>(high01, high23, 0, 2), 2 * STRIDE);
      v128.store(to, v128.shuffle<i64>(high01, high23, 1, 3), 3 * STRIDE);
      from += 4 * STRIDE;
      to += 16;
    }
    column += 4;
  }
}

/** Forces `count` scores (a multiple of four) into [-1, 1]. */
export function clamp(scores: usize, count: usize): void {
  const low = f32x4.splat(-1);
  const high = f32x4.splat(1);
  const end = scores + count * WORD;
  while (scores < end) {
    v128.store(scores, f32x4.min(f32x4.max(v128.load(scores), low), high));
    scores += 16;
  }
}
