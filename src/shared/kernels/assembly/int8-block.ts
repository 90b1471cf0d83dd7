/** The micro-kernel of int8, 4 × 8: as in float32-block.ts, over the words of a chunk. */
import { BLOCK, STEP, WORD } from './layout';

/** Rows that the left side takes at once. */
export const LEFT: usize = WIDE ? 5 : 4;

/** `sum` + the products of each word, in two halves. */
// @ts-ignore: decorator
@inline
export function madd(a: v128, b: v128, sum: v128): v128 {
  return i16x8.add(sum, i16x8.relaxed_dot_i8x16_i7x16_s(b, a));
}

/** An outer product of four left and eight right words for each step; the sums start from the corrections at `b`. */
// @ts-ignore: decorator
@inline
export function block(a: usize, b: usize, c: usize, depth: usize, add: bool): void {
  let s00 = v128.load(b);
  let s01 = v128.load(b, 16);
  let s10 = s00;
  let s11 = s01;
  let s20 = s00;
  let s21 = s01;
  let s30 = s00;
  let s31 = s01;
  const end = b + (1 + depth) * STEP;
  b += STEP;
  while (b < end) {
    const b0 = v128.load(b);
    const b1 = v128.load(b, 16);
    const a0 = v128.load_splat<u32>(a);
    s00 = madd(a0, b0, s00);
    s01 = madd(a0, b1, s01);
    const a1 = v128.load_splat<u32>(a, 4);
    s10 = madd(a1, b0, s10);
    s11 = madd(a1, b1, s11);
    const a2 = v128.load_splat<u32>(a, 8);
    s20 = madd(a2, b0, s20);
    s21 = madd(a2, b1, s21);
    const a3 = v128.load_splat<u32>(a, 12);
    s30 = madd(a3, b0, s30);
    s31 = madd(a3, b1, s31);
    a += LEFT * WORD;
    b += STEP;
  }
  put(c, 0, s00, s01, add);
  put(c, 1, s10, s11, add);
  put(c, 2, s20, s21, add);
  put(c, 3, s30, s31, add);
}

/** Adds int16 sums to the int32 sums of earlier chunks. */
// @ts-ignore: decorator
@inline
export function put(c: usize, row: usize, low: v128, high: v128, add: bool): void {
  const at = c + row * BLOCK * WORD;
  low = i32x4.extadd_pairwise_i16x8_s(low);
  high = i32x4.extadd_pairwise_i16x8_s(high);
  if (add) {
    low = i32x4.add(low, v128.load(at));
    high = i32x4.add(high, v128.load(at, 16));
  }
  v128.store(at, low);
  v128.store(at, high, 16);
}
