/**
 * Int16: a filter with twice the dimensions in a word. q = nearest(x̂ · 32000), so a word's two products fit int32
 * (2 · 32000² < 2^31), and so does every dot product: |q·q'| ≤ (32000 + √d / 2)².
 */
import { block } from './block';
import { BLOCK, regroup, RIGHT, rightWord, STEP, WORD } from './layout';
import { addSquaredError, errorBound, integers, normalised, rounded, storeSteps } from './normalise';
import { leftRows, SCALE } from './numbers';
import { wideBlock } from './wide-block';

const LEFT: usize = leftRows<i16>();

/** Words that are multiplied in one go, so that a left group and a right panel stay in the L1 cache. */
const DEPTH: usize = 384;

/** Words of a row in a panel. */
export function stepsI16(d: usize): usize {
  return (d + 1) >> 1;
}

/** Words of a row in a left group. */
export function leftStepsI16(d: usize): usize {
  return stepsI16(d);
}

/**
 * Normalises and quantises `count` rows into panels; rows from `count` to `padded` become zeros.
 *
 * @param inverses - float64, one over the norm of each row; 0 for a zero row
 * @param errors - float32, takes an upper bound of each row's ‖x̂ − q/32000‖
 */
export function packI16(
  rows: usize,
  count: usize,
  padded: usize,
  d: usize,
  inverses: usize,
  panels: usize,
  errors: usize,
): void {
  const scale = f32x4.splat(SCALE);
  let row: usize = 0;
  while (row < padded) {
    const used = row < count;
    const inverse = f64x2.splat(used ? load<f64>(inverses + row * 8) : 0);
    let from = rows + row * d * WORD;
    let left: isize = used ? d : 0;
    let to = rightWord(panels, row, stepsI16(d));
    let steps: isize = stepsI16(d);
    let squares = f32x4.splat(0);
    while (steps > 0) {
      const t0 = f32x4.mul(normalised(from, left, inverse), scale);
      const t1 = f32x4.mul(normalised(from + 16, left - 4, inverse), scale);
      const r0 = rounded(t0);
      const r1 = rounded(t1);
      squares = addSquaredError(addSquaredError(squares, t0, r0), t1, r1);
      storeSteps(to, i16x8.narrow_i32x4_s(integers(r0), integers(r1)), steps);
      from += 32;
      to += 4 * STEP;
      left -= 8;
      steps -= 4;
    }
    if (used) store<f32>(errors + row * WORD, errorBound(squares, SCALE, d));
    row++;
  }
}

/** Copies `groups × LEFT` rows from right-hand panels to left-hand groups. */
export function packLeftI16(panels: usize, left: usize, groups: usize, d: usize): void {
  regroup(panels, left, groups * LEFT, stepsI16(d), LEFT);
}

/** Dot products of `groups × LEFT` left rows with `panels × RIGHT` right rows, into `scores` (row stride BLOCK). */
export function multiplyI16(
  left: usize,
  right: usize,
  scores: usize,
  groups: usize,
  panels: usize,
  d: usize,
): void {
  const steps = stepsI16(d);
  let from: usize = 0;
  while (from < steps) {
    const depth = min(DEPTH, steps - from);
    let group: usize = 0;
    while (group < groups) {
      const a = left + (group * steps + from) * LEFT * WORD;
      let panel: usize = 0;
      while (panel < panels) {
        const b = right + (panel * steps + from) * STEP;
        const c = scores + (group * LEFT * BLOCK + panel * RIGHT) * WORD;
        const last = from + depth == steps;
        if (WIDE) wideBlock<i16>(a, b, c, depth, from > 0, last);
        else block<i16>(a, b, c, depth, from > 0, last);
        panel++;
      }
      group++;
    }
    from += depth;
  }
}
