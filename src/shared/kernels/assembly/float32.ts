/** Float32: packing, and the loops around the micro-kernel. A panel has one step for each dimension. */
import { block } from './block';
import { BLOCK, regroup, RIGHT, rightWord, STEP, WORD } from './layout';
import { normalised, storeSteps } from './normalise';
import { leftRows } from './numbers';
import { wideBlock } from './wide-block';

const LEFT: usize = leftRows<f32>();

/** Dimensions that are multiplied in one go, so that a left group and a right panel stay in the L1 cache. */
const DEPTH: usize = 384;

/** Words of a row in a panel. */
export function stepsF32(d: usize): usize {
  return d;
}

/** Words of a row in a left group. */
export function leftStepsF32(d: usize): usize {
  return d;
}

/**
 * Normalises `count` rows into panels; rows from `count` to `padded` become zeros.
 *
 * @param inverses - float64, one over the norm of each row; 0 for a zero row
 */
export function packF32(
  rows: usize,
  count: usize,
  padded: usize,
  d: usize,
  inverses: usize,
  panels: usize,
): void {
  let row: usize = 0;
  while (row < padded) {
    const inverse = f64x2.splat(row < count ? load<f64>(inverses + row * 8) : 0);
    let from = rows + row * d * WORD;
    let left: isize = row < count ? d : 0;
    let to = rightWord(panels, row, d);
    let steps: isize = d;
    while (steps > 0) {
      storeSteps(to, normalised(from, left, inverse), steps);
      from += 16;
      to += 4 * STEP;
      left -= 4;
      steps -= 4;
    }
    row++;
  }
}

/** Copies `groups × LEFT` rows from right-hand panels to left-hand groups. */
export function packLeftF32(panels: usize, left: usize, groups: usize, d: usize): void {
  regroup(panels, left, groups * LEFT, d, LEFT);
}

/** Dot products of `groups × LEFT` left rows with `panels × RIGHT` right rows, into `scores` (row stride BLOCK). */
export function multiplyF32(
  left: usize,
  right: usize,
  scores: usize,
  groups: usize,
  panels: usize,
  d: usize,
): void {
  let from: usize = 0;
  while (from < d) {
    const depth = min(DEPTH, d - from);
    let group: usize = 0;
    while (group < groups) {
      const a = left + (group * d + from) * LEFT * WORD;
      let panel: usize = 0;
      while (panel < panels) {
        const b = right + (panel * d + from) * STEP;
        const c = scores + (group * LEFT * BLOCK + panel * RIGHT) * WORD;
        if (WIDE) wideBlock<f32>(a, b, c, depth, from > 0, from + depth == d);
        else block<f32>(a, b, c, depth, from > 0, from + depth == d);
        panel++;
      }
      group++;
    }
    from += depth;
  }
}
