/** Which scores of a tile are worth a second look. */
import { BLOCK, WORD } from './layout';

/** One bit for each of 16 lanes of four vectors of comparisons: lists are short, so most tests find none. */
// @ts-ignore: decorator
@inline
function bits(m0: v128, m1: v128, m2: v128, m3: v128): u32 {
  return i8x16.bitmask(i8x16.narrow_i16x8_s(i16x8.narrow_i32x4_s(m0, m1), i16x8.narrow_i32x4_s(m2, m3)));
}

/** Four scores plus their terms ≥ a bound. */
// @ts-ignore: decorator
@inline
function reaches(score: usize, term: usize, bound: v128, offset: usize): v128 {
  return f32x4.ge(f32x4.add(v128.load(score + offset), v128.load(term + offset)), bound);
}

/** Four scores plus a row's term ≥ their columns' bounds. */
// @ts-ignore: decorator
@inline
function reachesColumn(score: usize, bound: usize, term: v128, offset: usize): v128 {
  return f32x4.ge(f32x4.add(v128.load(score + offset), term), v128.load(bound + offset));
}

/** The bits of 16 columns from `column` on that lie in [first, end). */
// @ts-ignore: decorator
@inline
function within(column: usize, first: usize, end: usize): u32 {
  const low: u32 = first > column ? 0xffff << <u32>(first - column) : 0xffff;
  const high: u32 = end - column < 16 ? (1 << <u32>(end - column)) - 1 : 0xffff;
  return low & high;
}

/**
 * Lists the scores with score + terms[column] ≥ bounds[row] (float32), as `row << 16 | column` (32-bit), in row-major
 * order.
 *
 * @param bounds - one float for each row
 * @param terms - one float for each column; readable up to the next multiple of 16
 * @param triangle - only columns behind the row's own number, for tiles on the diagonal
 * @returns how many were listed
 */
export function select(
  scores: usize,
  bounds: usize,
  terms: usize,
  list: usize,
  rows: usize,
  columns: usize,
  triangle: bool,
): usize {
  let at = list;
  let row: usize = 0;
  while (row < rows) {
    const bound = v128.load_splat<f32>(bounds + row * WORD);
    const first = triangle ? row + 1 : 0;
    let column = first & ~15;
    while (column < columns) {
      const score = scores + (row * BLOCK + column) * WORD;
      const term = terms + column * WORD;
      let found = bits(
        reaches(score, term, bound, 0),
        reaches(score, term, bound, 16),
        reaches(score, term, bound, 32),
        reaches(score, term, bound, 48),
      );
      if (found != 0) {
        found &= within(column, first, columns);
        while (found != 0) {
          store<u32>(at, <u32>((row << 16) | (column + ctz(found))));
          found &= found - 1;
          at += 4;
        }
      }
      column += 16;
    }
    row++;
  }
  return (at - list) >> 2;
}

/**
 * Lists the scores that reach their row's or their column's bound, as `flags << 30 | row << 16 | column`, in row-major
 * order. Flag 1: score + columnTerms[column] ≥ rowBounds[row]; flag 2: score + rowTerms[row] ≥ columnBounds[column].
 *
 * @param columnBounds, columnTerms - one float for each column; readable up to the next multiple of 16
 * @returns how many were listed
 */
export function selectBoth(
  scores: usize,
  rowBounds: usize,
  rowTerms: usize,
  columnBounds: usize,
  columnTerms: usize,
  list: usize,
  rows: usize,
  columns: usize,
  triangle: bool,
): usize {
  let at = list;
  let row: usize = 0;
  while (row < rows) {
    const rowBound = v128.load_splat<f32>(rowBounds + row * WORD);
    const rowTerm = v128.load_splat<f32>(rowTerms + row * WORD);
    const first = triangle ? row + 1 : 0;
    let column = first & ~15;
    while (column < columns) {
      const score = scores + (row * BLOCK + column) * WORD;
      const term = columnTerms + column * WORD;
      const bound = columnBounds + column * WORD;
      const forRow = bits(
        reaches(score, term, rowBound, 0),
        reaches(score, term, rowBound, 16),
        reaches(score, term, rowBound, 32),
        reaches(score, term, rowBound, 48),
      );
      const forColumn = bits(
        reachesColumn(score, bound, rowTerm, 0),
        reachesColumn(score, bound, rowTerm, 16),
        reachesColumn(score, bound, rowTerm, 32),
        reachesColumn(score, bound, rowTerm, 48),
      );
      let found = forRow | forColumn;
      if (found != 0) {
        found &= within(column, first, columns);
        while (found != 0) {
          const bit = ctz(found);
          const flags = ((forRow >> bit) & 1) | (((forColumn >> bit) & 1) << 1);
          store<u32>(at, (flags << 30) | <u32>((row << 16) | (column + bit)));
          found &= found - 1;
          at += 4;
        }
      }
      column += 16;
    }
    row++;
  }
  return (at - list) >> 2;
}
