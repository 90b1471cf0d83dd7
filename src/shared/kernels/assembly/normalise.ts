/**
 * Reading rows: four normalised components at a time; and quantising them with an error that is known.
 *
 * With u = 2^-24, x̂ the exact row divided by its exact norm, S the scale:
 * - h, the component read: x̂ within 1.02u relative (the product with the inverse in float64, one rounding to float32).
 * - t = h·S rounded: another u. So ‖S·x̂ − t‖ ≤ 2.1u·S, as ‖x̂‖ = 1.
 * - q, t rounded to an integer. t − q is exact (it is t where q is 0, else by Sterbenz' lemma).
 * - Where the score is formed with 1/S rounded to float32, q/S is off by 1.1u·‖q/S‖ at most, and ‖q/S‖ ≤ 2.
 * Hence ‖x̂ − q/S‖ ≤ ‖t − q‖ / S + 8u, with room for underflow. The sum of the squares of t − q in float32, four
 * lanes, is off by less than a factor of 1 + d·u (Higham, Accuracy and Stability of Numerical Algorithms, §3.1).
 */
import { STEP } from './layout';

/** Unit roundoff of float32. */
const U: f64 = 5.9604644775390625e-8;
/** 1.5 · 2^23: adding it to a float32 below 2^22 rounds it to an integer, which the low bits then hold. */
const ROUNDER: f32 = 12582912;

/** Four components of a row times the inverse of its norm; zeros from the end of the row on. */
// @ts-ignore: decorator
@inline
export function normalised(from: usize, left: isize, inverse: v128): v128 {
  const x = left >= 4 ? v128.load(from) : loadTail(from, left);
  const low = f64x2.mul(f64x2.promote_low_f32x4(x), inverse);
  const high = f64x2.mul(f64x2.promote_low_f32x4(v128.shuffle<i64>(x, x, 1, 1)), inverse);
  return v128.shuffle<i64>(f32x4.demote_f64x2_zero(low), f32x4.demote_f64x2_zero(high), 0, 2);
}

/** The last `left` < 4 floats: nothing behind them is read, as memory may end there. */
function loadTail(from: usize, left: isize): v128 {
  let x = f32x4.splat(0);
  if (left > 0) x = f32x4.replace_lane(x, 0, load<f32>(from));
  if (left > 1) x = f32x4.replace_lane(x, 1, load<f32>(from, 4));
  if (left > 2) x = f32x4.replace_lane(x, 2, load<f32>(from, 8));
  return x;
}

/** Four numbers rounded to the nearest integers, still to be freed of {@link ROUNDER}. */
// @ts-ignore: decorator
@inline
export function rounded(t: v128): v128 {
  return f32x4.add(t, f32x4.splat(ROUNDER));
}

/** The integers of {@link rounded}, as int32. */
// @ts-ignore: decorator
@inline
export function integers(rounded: v128): v128 {
  return i32x4.sub(rounded, f32x4.splat(ROUNDER));
}

/** `sum` + (t − q)², where q is `rounded`. */
// @ts-ignore: decorator
@inline
export function addSquaredError(sum: v128, t: v128, rounded: v128): v128 {
  const error = f32x4.sub(t, f32x4.sub(rounded, f32x4.splat(ROUNDER)));
  return f32x4.add(sum, f32x4.mul(error, error));
}

/** An upper bound of ‖x̂ − q/S‖ from the squared errors of a row, by the reasoning above. */
// @ts-ignore: decorator
@inline
export function errorBound(squares: v128, scale: f64, d: usize): f32 {
  const sum =
    <f64>f32x4.extract_lane(squares, 0) +
    <f64>f32x4.extract_lane(squares, 1) +
    <f64>f32x4.extract_lane(squares, 2) +
    <f64>f32x4.extract_lane(squares, 3);
  return <f32>((sqrt(sum) * (1 + (<f64>d + 16) * U)) / scale + 8 * U);
}

/** Stores four words of a row at four steps of its panel, or the first `steps` of them. */
// @ts-ignore: decorator
@inline
export function storeSteps(to: usize, words: v128, steps: isize): void {
  v128.store_lane<u32>(to, words, 0);
  if (steps > 1) v128.store_lane<u32>(to, words, 1, STEP);
  if (steps > 2) v128.store_lane<u32>(to, words, 2, 2 * STEP);
  if (steps > 3) v128.store_lane<u32>(to, words, 3, 3 * STEP);
}
