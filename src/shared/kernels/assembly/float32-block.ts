/** The micro-kernel of float32, 4 × 8. */
import { BLOCK, STEP, WORD } from './layout';

/** Rows that the left side takes at once; see below. */
export const LEFT: usize = WIDE ? 6 : 4;

// @ts-ignore: decorator
@inline
export function madd(a: v128, b: v128, sum: v128): v128 {
  if (ASC_FEATURE_RELAXED_SIMD) return f32x4.relaxed_madd(a, b, sum);
  return f32x4.add(sum, f32x4.mul(a, b));
}

/**
 * An outer product of four left and eight right values for each k. V8 has 15 vector registers to give on x64, and up to
 * Node 22 it moves all loads of a step before its sums: eight sums, six loads and a product just fit. One row more
 * spills there and halves the speed; it would win 5 to 8 % on Node 24. k is not unrolled: that spills too.
 */
// @ts-ignore: decorator
@inline
export function block(a: usize, b: usize, c: usize, depth: usize, add: bool): void {
  let s00 = f32x4.splat(0);
  let s01 = s00;
  let s10 = s00;
  let s11 = s00;
  let s20 = s00;
  let s21 = s00;
  let s30 = s00;
  let s31 = s00;
  const end = b + depth * STEP;
  while (b < end) {
    const b0 = v128.load(b);
    const b1 = v128.load(b, 16);
    const a0 = v128.load_splat<f32>(a);
    s00 = madd(a0, b0, s00);
    s01 = madd(a0, b1, s01);
    const a1 = v128.load_splat<f32>(a, 4);
    s10 = madd(a1, b0, s10);
    s11 = madd(a1, b1, s11);
    const a2 = v128.load_splat<f32>(a, 8);
    s20 = madd(a2, b0, s20);
    s21 = madd(a2, b1, s21);
    const a3 = v128.load_splat<f32>(a, 12);
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

// @ts-ignore: decorator
@inline
export function put(c: usize, row: usize, low: v128, high: v128, add: bool): void {
  const at = c + row * BLOCK * WORD;
  if (add) {
    low = f32x4.add(low, v128.load(at));
    high = f32x4.add(high, v128.load(at, 16));
  }
  v128.store(at, low);
  v128.store(at, high, 16);
}
