/**
 * What a micro-kernel does with the numbers of packed words: one float32 (`f32`), two int16 (`i16`) or four int8 (`i8`)
 * a word. Which of them is decided when it is compiled.
 */
import { BLOCK, STEP, WORD } from './layout';

/** What the components of int16 rows are multiplied with. */
export const SCALE: f32 = 32000;

/** Rows that the left side takes at once: see block.ts and wide-block.ts. */
// @ts-ignore: decorator
@inline
export function leftRows<T>(): usize {
  if (WIDE) return isFloat<T>() ? 6 : 5;
  return 4;
}

/** What a sum begins with, and where the first step is: int8 panels have a step of corrections before it. */
// @ts-ignore: decorator
@inline
export function start<T>(b: usize, offset: usize): v128 {
  return sizeof<T>() == 1 ? v128.load(b + offset) : i32x4.splat(0);
}

// @ts-ignore: decorator
@inline
export function firstStep<T>(b: usize): usize {
  return sizeof<T>() == 1 ? b + STEP : b;
}

/** `sum` + the products of each word: one, the sum of two, or in int16 two sums of two. */
// @ts-ignore: decorator
@inline
export function madd<T>(a: v128, b: v128, sum: v128): v128 {
  if (sizeof<T>() == 1) return i16x8.add(sum, i16x8.relaxed_dot_i8x16_i7x16_s(b, a));
  if (sizeof<T>() == 2) return i32x4.add(sum, i32x4.dot_i16x8_s(a, b));
  if (ASC_FEATURE_RELAXED_SIMD) return f32x4.relaxed_madd(a, b, sum);
  return f32x4.add(sum, f32x4.mul(a, b));
}

/**
 * Adds the sums of eight columns of a row to those of earlier steps, if there are any: as float32, or as int32. The
 * last of int16 become scores here; those of int8 wait for the scales of their rows.
 */
// @ts-ignore: decorator
@inline
export function put<T>(c: usize, row: usize, low: v128, high: v128, add: bool, last: bool): void {
  const at = c + row * BLOCK * WORD;
  if (sizeof<T>() == 1) {
    low = i32x4.extadd_pairwise_i16x8_s(low);
    high = i32x4.extadd_pairwise_i16x8_s(high);
  }
  if (add) {
    low = plus<T>(low, v128.load(at));
    high = plus<T>(high, v128.load(at, 16));
  }
  if (sizeof<T>() == 2) {
    if (last) {
      const unit = f32x4.splat(1 / (SCALE * SCALE));
      low = f32x4.mul(f32x4.convert_i32x4_s(low), unit);
      high = f32x4.mul(f32x4.convert_i32x4_s(high), unit);
    }
  }
  v128.store(at, low);
  v128.store(at, high, 16);
}

// @ts-ignore: decorator
@inline
function plus<T>(a: v128, b: v128): v128 {
  return isFloat<T>() ? f32x4.add(a, b) : i32x4.add(a, b);
}
