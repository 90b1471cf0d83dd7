/** The micro-kernel of int16, 5 × 16, for V8's revectorizer: see float32-wide.ts. */
import { LEFT, madd, put } from './int16-block';
import { STEP, WORD } from './layout';

/** An outer product of five left and sixteen right words for each step. */
// @ts-ignore: decorator
@inline
export function wideBlock(a: usize, b: usize, c: usize, depth: usize, add: bool, last: bool): void {
  let s00 = i32x4.splat(0);
  let s01 = s00;
  let s02 = s00;
  let s03 = s00;
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
  const end = b + depth * STEP;
  while (b < end) {
    const b0 = v128.load(b);
    const b1 = v128.load(b, 16);
    const b2 = v128.load(b, 32);
    const b3 = v128.load(b, 48);
    const a0 = v128.load_splat<u32>(a);
    s00 = madd(a0, b0, s00);
    s01 = madd(a0, b1, s01);
    s02 = madd(a0, b2, s02);
    s03 = madd(a0, b3, s03);
    const a1 = v128.load_splat<u32>(a, 4);
    s10 = madd(a1, b0, s10);
    s11 = madd(a1, b1, s11);
    s12 = madd(a1, b2, s12);
    s13 = madd(a1, b3, s13);
    const a2 = v128.load_splat<u32>(a, 8);
    s20 = madd(a2, b0, s20);
    s21 = madd(a2, b1, s21);
    s22 = madd(a2, b2, s22);
    s23 = madd(a2, b3, s23);
    const a3 = v128.load_splat<u32>(a, 12);
    s30 = madd(a3, b0, s30);
    s31 = madd(a3, b1, s31);
    s32 = madd(a3, b2, s32);
    s33 = madd(a3, b3, s33);
    const a4 = v128.load_splat<u32>(a, 16);
    s40 = madd(a4, b0, s40);
    s41 = madd(a4, b1, s41);
    s42 = madd(a4, b2, s42);
    s43 = madd(a4, b3, s43);
    a += LEFT * WORD;
    b += STEP;
  }
  put(c, 0, s00, s01, add, last);
  put(c + 32, 0, s02, s03, add, last);
  put(c, 1, s10, s11, add, last);
  put(c + 32, 1, s12, s13, add, last);
  put(c, 2, s20, s21, add, last);
  put(c + 32, 2, s22, s23, add, last);
  put(c, 3, s30, s31, add, last);
  put(c + 32, 3, s32, s33, add, last);
  put(c, 4, s40, s41, add, last);
  put(c + 32, 4, s42, s43, add, last);
}
