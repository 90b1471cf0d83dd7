/**
 * Int8: a filter with four dimensions in a word, multiplied by the relaxed int8 × int7 dot product and summed in int16:
 * two sums a word, of two dimensions each. Three things make this exact:
 *
 * - Each row has its own scale S, q = nearest(S · x̂), |q| ≤ 63, as large as int16 allows: over CHUNK words, ‖q‖² of
 *   either half is at most 32767, so that by Cauchy–Schwarz no dot product of two rows leaves int16. After each chunk
 *   the sums are added up in int32.
 * - The int7 operand must not be negative: left rows hold q + 64. A right panel therefore begins each chunk with a
 *   step of corrections, −64·Σq for each half, that the sums start from; int16 wraps on the way, the end is right.
 * - No pair of products saturates: 2 · 127 · 63 < 2^15.
 *
 * A panel: a step of 1/S (float32), then for each chunk its corrections and its words. A group: a step of 1/S, words.
 */
import { block } from './block';
import { BLOCK, leftWord, RIGHT, rightWord, STEP, WORD } from './layout';
import { addSquaredError, errorBound, integers, normalised, rounded, storeSteps } from './normalise';
import { leftRows } from './numbers';
import { wideBlock } from './wide-block';

const LEFT: usize = leftRows<i8>();

/** Words that are summed in int16: a multiple of four. 32 would cost 2 to 6 % and make the error 12 % smaller. */
const CHUNK: usize = 48;
/** Largest |q|: then q + 64 is an int7, and a pair of products fits int16. */
const PEAK: f32 = 63;
/** Largest norm of half a chunk before rounding: √32767 less that of 2 · CHUNK roundings, ½√(2 · CHUNK), and some. */
const NORM: f32 = 181 - 4.9;
/** Rows far inside the unit ball need no finer scale, and S and 1/S stay in the range of float32. */
const MAX_SCALE: f32 = 1048576;

/** Words of a row in a panel. */
export function stepsI8(d: usize): usize {
  const words = wordsOf(d);
  return 1 + (words + CHUNK - 1) / CHUNK + words;
}

/** Words of a row in a left group. */
export function leftStepsI8(d: usize): usize {
  return 1 + wordsOf(d);
}

// @ts-ignore: decorator
@inline
function wordsOf(d: usize): usize {
  return (d + 3) >> 2;
}

/**
 * Normalises and quantises `count` rows into panels; rows from `count` to `padded` become zeros.
 *
 * @param inverses - float64, one over the norm of each row; 0 for a zero row
 * @param errors - float32, takes an upper bound of each row's ‖x̂ − q/S‖
 */
export function packI8(
  rows: usize,
  count: usize,
  padded: usize,
  d: usize,
  inverses: usize,
  panels: usize,
  errors: usize,
): void {
  let row: usize = 0;
  while (row < padded) {
    const used = row < count;
    const inverse = f64x2.splat(used ? load<f64>(inverses + row * 8) : 0);
    let from = rows + row * d * WORD;
    let left: isize = used ? d : 0;
    const scale = scaleOf(from, left, inverse);
    const scales = f32x4.splat(scale);
    let to = rightWord(panels, row, stepsI8(d));
    store<f32>(to, 1 / scale);
    to += STEP;
    let steps: isize = wordsOf(d);
    let squares = f32x4.splat(0);
    while (steps > 0) {
      const corrections = to;
      const chunkEnd = max<isize>(steps - CHUNK, 0);
      let sums = i16x8.splat(0);
      to += STEP;
      while (steps > chunkEnd) {
        const t0 = f32x4.mul(normalised(from, left, inverse), scales);
        const t1 = f32x4.mul(normalised(from + 16, left - 4, inverse), scales);
        const t2 = f32x4.mul(normalised(from + 32, left - 8, inverse), scales);
        const t3 = f32x4.mul(normalised(from + 48, left - 12, inverse), scales);
        const r0 = rounded(t0);
        const r1 = rounded(t1);
        const r2 = rounded(t2);
        const r3 = rounded(t3);
        squares = addSquaredError(addSquaredError(squares, t0, r0), t1, r1);
        squares = addSquaredError(addSquaredError(squares, t2, r2), t3, r3);
        const q = i8x16.narrow_i16x8_s(
          i16x8.narrow_i32x4_s(integers(r0), integers(r1)),
          i16x8.narrow_i32x4_s(integers(r2), integers(r3)),
        );
        sums = i16x8.add(sums, i16x8.extadd_pairwise_i8x16_s(q));
        const count = min<isize>(steps, 4);
        storeSteps(to, q, count);
        from += 64;
        to += count * STEP;
        left -= 16;
        steps -= count;
      }
      sums = i16x8.add(sums, v128.shuffle<i64>(sums, sums, 1, 0));
      sums = i16x8.add(sums, v128.shuffle<i32>(sums, sums, 1, 0, 3, 2));
      v128.store_lane<u32>(corrections, i16x8.neg(i16x8.shl(sums, 6)), 0);
    }
    if (used) store<f32>(errors + row * WORD, errorBound(squares, scale, d));
    row++;
  }
}

/** The scale of a row: the largest that keeps its components within PEAK and its half chunks within NORM. */
function scaleOf(from: usize, left: isize, inverse: v128): f32 {
  let peaks = f32x4.splat(0);
  let energies = f32x4.splat(0);
  while (left > 0) {
    const chunkEnd = left - 4 * CHUNK;
    let squares = f32x4.splat(0);
    while (left > max<isize>(chunkEnd, 0)) {
      const h = normalised(from, left, inverse);
      peaks = f32x4.max(peaks, f32x4.abs(h));
      squares = f32x4.add(squares, f32x4.mul(h, h));
      from += 16;
      left -= 4;
    }
    energies = f32x4.max(energies, f32x4.add(squares, v128.shuffle<i32>(squares, squares, 1, 0, 3, 2)));
  }
  const peak = largest(peaks);
  return peak > 0 ? min(MAX_SCALE, min(PEAK / peak, NORM / sqrt(largest(energies)))) : 1;
}

function largest(x: v128): f32 {
  const pairs = f32x4.max(x, v128.shuffle<i64>(x, x, 1, 0));
  return max(f32x4.extract_lane(pairs, 0), f32x4.extract_lane(pairs, 1));
}

/** Copies `groups × LEFT` rows from right-hand panels to left-hand groups, as q + 64 and without the corrections. */
export function packLeftI8(panels: usize, left: usize, groups: usize, d: usize): void {
  const words = wordsOf(d);
  let row: usize = 0;
  while (row < groups * LEFT) {
    let from = rightWord(panels, row, stepsI8(d));
    let to = leftWord(left, row, leftStepsI8(d), LEFT);
    store<u32>(to, load<u32>(from));
    from += STEP;
    let word: usize = 0;
    while (word < words) {
      if (word % CHUNK == 0) from += STEP;
      to += LEFT * WORD;
      store<u32>(to, (load<u32>(from) & 0x7f7f7f7f) ^ 0x40404040);
      from += STEP;
      word++;
    }
    row++;
  }
}

/** Dot products of `groups × LEFT` left rows with `panels × RIGHT` right rows, into `scores` (row stride BLOCK). */
export function multiplyI8(
  left: usize,
  right: usize,
  scores: usize,
  groups: usize,
  panels: usize,
  d: usize,
): void {
  const words = wordsOf(d);
  let group: usize = 0;
  while (group < groups) {
    const a = left + group * leftStepsI8(d) * LEFT * WORD;
    let panel: usize = 0;
    while (panel < panels) {
      const b = right + panel * stepsI8(d) * STEP;
      const c = scores + (group * LEFT * BLOCK + panel * RIGHT) * WORD;
      let from: usize = 0;
      let x = a + LEFT * WORD;
      let y = b + STEP;
      while (from < words) {
        const depth = min(CHUNK, words - from);
        if (WIDE) wideBlock<i8>(x, y, c, depth, from > 0, from + depth == words);
        else block<i8>(x, y, c, depth, from > 0, from + depth == words);
        x += depth * LEFT * WORD;
        y += (1 + depth) * STEP;
        from += depth;
      }
      scaleBlock(a, b, c);
      panel++;
    }
    group++;
  }
}

/** Makes scores of a block's int32 sums: times 1/S of the row, times 1/S of the column. */
// @ts-ignore: decorator
@inline
function scaleBlock(a: usize, b: usize, c: usize): void {
  const end = a + LEFT * WORD;
  while (a < end) {
    const a0 = v128.load_splat<f32>(a);
    let lane: usize = 0;
    while (lane < STEP) {
      const score = f32x4.mul(f32x4.convert_i32x4_s(v128.load(c + lane)), a0);
      v128.store(c + lane, f32x4.mul(score, v128.load(b + lane)));
      lane += 16;
    }
    a += WORD;
    c += BLOCK * WORD;
  }
}
