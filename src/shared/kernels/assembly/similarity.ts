/**
 * The hot loops of the similarity kernel, in AssemblyScript → WebAssembly SIMD. How they fit together:
 * ../similarity/README.md. No static data, no allocation: all memory is the caller's, by address.
 */

/** Rows and columns of a tile; also the row stride of its scores, in floats. */
const BLOCK: usize = 240;
/** Rows that the left side of the micro-kernel takes at once. */
const LEFT: usize = 5;
/** Rows that the right side takes at once: two vectors of four lanes. */
const RIGHT: usize = 8;
const FLOAT: usize = 4;

/**
 * Copies `groups × 5` rows from right-hand panels ([panel][k][8]) to left-hand groups ([group][k][5]).
 */
export function packLeft(panels: usize, left: usize, groups: usize, d: usize): void {
  let row: usize = 0;
  while (row < groups * LEFT) {
    let from = panels + ((row / RIGHT) * d * RIGHT + (row % RIGHT)) * FLOAT;
    let to = left + ((row / LEFT) * d * LEFT + (row % LEFT)) * FLOAT;
    let k: usize = 0;
    while (k < d) {
      store<f32>(to, load<f32>(from));
      from += RIGHT * FLOAT;
      to += LEFT * FLOAT;
      k++;
    }
    row++;
  }
}

/**
 * Dot products of `groups × 5` left rows with `panels × 8` right rows over the dimensions [from, to): written to
 * `scores` (row stride BLOCK), or added to it where `from` > 0.
 */
export function multiply(
  left: usize,
  right: usize,
  scores: usize,
  groups: usize,
  panels: usize,
  d: usize,
  from: usize,
  to: usize,
): void {
  let group: usize = 0;
  while (group < groups) {
    const a = left + (group * d + from) * LEFT * FLOAT;
    let panel: usize = 0;
    while (panel < panels) {
      const b = right + (panel * d + from) * RIGHT * FLOAT;
      const c = scores + (group * LEFT * BLOCK + panel * RIGHT) * FLOAT;
      block(a, b, c, to - from, from > 0);
      panel++;
    }
    group++;
  }
}

/**
 * The micro-kernel: an outer product of five left and eight right values for each k. Its ten sums and four
 * operands fill the vector registers that V8 has to give; k is not unrolled, since V8 then spills them.
 */
// @ts-ignore: decorator
@inline
function block(a: usize, b: usize, c: usize, depth: usize, add: bool): void {
  let s00 = f32x4.splat(0);
  let s01 = s00;
  let s10 = s00;
  let s11 = s00;
  let s20 = s00;
  let s21 = s00;
  let s30 = s00;
  let s31 = s00;
  let s40 = s00;
  let s41 = s00;
  const end = b + depth * RIGHT * FLOAT;
  while (b < end) {
    const b0 = v128.load(b);
    const b1 = v128.load(b, 16);
    const a0 = v128.load_splat<f32>(a);
    s00 = f32x4.add(s00, f32x4.mul(a0, b0));
    s01 = f32x4.add(s01, f32x4.mul(a0, b1));
    const a1 = v128.load_splat<f32>(a, 4);
    s10 = f32x4.add(s10, f32x4.mul(a1, b0));
    s11 = f32x4.add(s11, f32x4.mul(a1, b1));
    const a2 = v128.load_splat<f32>(a, 8);
    s20 = f32x4.add(s20, f32x4.mul(a2, b0));
    s21 = f32x4.add(s21, f32x4.mul(a2, b1));
    const a3 = v128.load_splat<f32>(a, 12);
    s30 = f32x4.add(s30, f32x4.mul(a3, b0));
    s31 = f32x4.add(s31, f32x4.mul(a3, b1));
    const a4 = v128.load_splat<f32>(a, 16);
    s40 = f32x4.add(s40, f32x4.mul(a4, b0));
    s41 = f32x4.add(s41, f32x4.mul(a4, b1));
    a += LEFT * FLOAT;
    b += RIGHT * FLOAT;
  }
  put(c, 0, s00, s01, add);
  put(c, 1, s10, s11, add);
  put(c, 2, s20, s21, add);
  put(c, 3, s30, s31, add);
  put(c, 4, s40, s41, add);
}

// @ts-ignore: decorator
@inline
function put(c: usize, row: usize, low: v128, high: v128, add: bool): void {
  const at = c + row * BLOCK * FLOAT;
  if (add) {
    low = f32x4.add(low, v128.load(at));
    high = f32x4.add(high, v128.load(at, 16));
  }
  v128.store(at, low);
  v128.store(at, high, 16);
}

/**
 * Lists the scores that reach their row's bound, as `row << 16 | column` (32-bit), in row-major order.
 *
 * @param bounds - one float for each row
 * @param triangle - only columns behind the row's own number, for tiles on the diagonal
 * @returns how many were listed
 */
export function select(
  scores: usize,
  bounds: usize,
  list: usize,
  rows: usize,
  columns: usize,
  triangle: bool,
): usize {
  let at = list;
  let row: usize = 0;
  while (row < rows) {
    const bound = v128.load_splat<f32>(bounds + row * FLOAT);
    const first = triangle ? row + 1 : 0;
    const base = scores + row * BLOCK * FLOAT;
    let column = first & ~3;
    while (column < columns) {
      let mask = i32x4.bitmask(f32x4.ge(v128.load(base + column * FLOAT), bound));
      while (mask != 0) {
        const found = column + <usize>ctz(mask);
        mask &= mask - 1;
        if (found >= first && found < columns) {
          store<u32>(at, <u32>((row << 16) | found));
          at += 4;
        }
      }
      column += 4;
    }
    row++;
  }
  return (at - list) >> 2;
}

/** Forces `count` scores (a multiple of four) into [-1, 1]. */
export function clamp(scores: usize, count: usize): void {
  const low = f32x4.splat(-1);
  const high = f32x4.splat(1);
  const end = scores + count * FLOAT;
  while (scores < end) {
    v128.store(scores, f32x4.min(f32x4.max(v128.load(scores), low), high));
    scores += 16;
  }
}
