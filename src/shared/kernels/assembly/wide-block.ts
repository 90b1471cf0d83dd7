/**
 * The micro-kernel, 6 × 16 for float32 and 5 × 16 for integers: for V8 with --experimental-wasm-revectorize, which joins
 * neighbouring vectors in pairs, each a 256-bit register; without it, registers spill.
 */
import { STEP, WORD } from './layout';
import { firstStep, leftRows, madd, put, start } from './numbers';

/** An outer product of the left and sixteen right words for each step: see block.ts. */
// @ts-ignore: decorator
@inline
export function wideBlock<T>(a: usize, b: usize, c: usize, depth: usize, add: bool, last: bool): void {
  let s00 = start<T>(b, 0);
  let s01 = start<T>(b, 16);
  let s02 = start<T>(b, 32);
  let s03 = start<T>(b, 48);
  let s10 = s00;
  let s11 = s01;
  let s12 = s02;
  let s13 = s03;
  let s20 = s00;
  let s21 = s01;
  let s22 = s02;
  let s23 = s03;
  let s30 = s00;
  let s31 = s01;
  let s32 = s02;
  let s33 = s03;
  let s40 = s00;
  let s41 = s01;
  let s42 = s02;
  let s43 = s03;
  let s50 = s00;
  let s51 = s01;
  let s52 = s02;
  let s53 = s03;
  b = firstStep<T>(b);
  const end = b + depth * STEP;
  while (b < end) {
    const b0 = v128.load(b);
    const b1 = v128.load(b, 16);
    const b2 = v128.load(b, 32);
    const b3 = v128.load(b, 48);
    const a0 = v128.load_splat<u32>(a);
    s00 = madd<T>(a0, b0, s00);
    s01 = madd<T>(a0, b1, s01);
    s02 = madd<T>(a0, b2, s02);
    s03 = madd<T>(a0, b3, s03);
    const a1 = v128.load_splat<u32>(a, 4);
    s10 = madd<T>(a1, b0, s10);
    s11 = madd<T>(a1, b1, s11);
    s12 = madd<T>(a1, b2, s12);
    s13 = madd<T>(a1, b3, s13);
    const a2 = v128.load_splat<u32>(a, 8);
    s20 = madd<T>(a2, b0, s20);
    s21 = madd<T>(a2, b1, s21);
    s22 = madd<T>(a2, b2, s22);
    s23 = madd<T>(a2, b3, s23);
    const a3 = v128.load_splat<u32>(a, 12);
    s30 = madd<T>(a3, b0, s30);
    s31 = madd<T>(a3, b1, s31);
    s32 = madd<T>(a3, b2, s32);
    s33 = madd<T>(a3, b3, s33);
    const a4 = v128.load_splat<u32>(a, 16);
    s40 = madd<T>(a4, b0, s40);
    s41 = madd<T>(a4, b1, s41);
    s42 = madd<T>(a4, b2, s42);
    s43 = madd<T>(a4, b3, s43);
    if (isFloat<T>()) {
      const a5 = v128.load_splat<u32>(a, 20);
      s50 = madd<T>(a5, b0, s50);
      s51 = madd<T>(a5, b1, s51);
      s52 = madd<T>(a5, b2, s52);
      s53 = madd<T>(a5, b3, s53);
    }
    a += leftRows<T>() * WORD;
    b += STEP;
  }
  put<T>(c, 0, s00, s01, add, last);
  put<T>(c + 32, 0, s02, s03, add, last);
  put<T>(c, 1, s10, s11, add, last);
  put<T>(c + 32, 1, s12, s13, add, last);
  put<T>(c, 2, s20, s21, add, last);
  put<T>(c + 32, 2, s22, s23, add, last);
  put<T>(c, 3, s30, s31, add, last);
  put<T>(c + 32, 3, s32, s33, add, last);
  put<T>(c, 4, s40, s41, add, last);
  put<T>(c + 32, 4, s42, s43, add, last);
  if (isFloat<T>()) {
    put<T>(c, 5, s50, s51, add, last);
    put<T>(c + 32, 5, s52, s53, add, last);
  }
}
