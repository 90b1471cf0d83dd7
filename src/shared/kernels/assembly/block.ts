/** The micro-kernel, 4 × 8. */
import { STEP, WORD } from './layout';
import { firstStep, leftRows, madd, put, start } from './numbers';

/**
 * An outer product of four left and eight right words for each step. V8 has 15 vector registers to give on x64, and up to
 * Node 22 it moves all loads of a step before its sums: eight sums, six loads and a product just fit. One row more
 * spills there and halves the speed; it would win 5 to 8 % on Node 24. Steps are not unrolled: that spills too.
 *
 * @param depth - steps to do
 * @param add - to the sums of earlier steps
 * @param last - there are no more steps
 */
// @ts-ignore: decorator
@inline
export function block<T>(a: usize, b: usize, c: usize, depth: usize, add: bool, last: bool): void {
  let s00 = start<T>(b, 0);
  let s01 = start<T>(b, 16);
  let s10 = s00;
  let s11 = s01;
  let s20 = s00;
  let s21 = s01;
  let s30 = s00;
  let s31 = s01;
  b = firstStep<T>(b);
  const end = b + depth * STEP;
  while (b < end) {
    const b0 = v128.load(b);
    const b1 = v128.load(b, 16);
    const a0 = v128.load_splat<u32>(a);
    s00 = madd<T>(a0, b0, s00);
    s01 = madd<T>(a0, b1, s01);
    const a1 = v128.load_splat<u32>(a, 4);
    s10 = madd<T>(a1, b0, s10);
    s11 = madd<T>(a1, b1, s11);
    const a2 = v128.load_splat<u32>(a, 8);
    s20 = madd<T>(a2, b0, s20);
    s21 = madd<T>(a2, b1, s21);
    const a3 = v128.load_splat<u32>(a, 12);
    s30 = madd<T>(a3, b0, s30);
    s31 = madd<T>(a3, b1, s31);
    a += leftRows<T>() * WORD;
    b += STEP;
  }
  put<T>(c, 0, s00, s01, add, last);
  put<T>(c, 1, s10, s11, add, last);
  put<T>(c, 2, s20, s21, add, last);
  put<T>(c, 3, s30, s31, add, last);
}
