/** What a tile alone says of the lists of its columns. */
import { BLOCK, WORD } from './layout';

/**
 * For each column a value that at least `length` of its scores + terms reach: the `length`-th largest of the maxima
 * of groups of rows. Row r is in group r mod `groups`.
 *
 * @param terms - one float for each row
 * @param columns - rounded up to the next multiple of four: that many bounds are written
 * @param groups - from `length`, at most `rows`
 * @param work - room for `groups + length` vectors
 */
export function listBounds(
  scores: usize,
  terms: usize,
  rows: usize,
  columns: usize,
  length: usize,
  groups: usize,
  work: usize,
  bounds: usize,
): void {
  const list = work + groups * 16;
  const end = list + length * 16;
  let column: usize = 0;
  while (column < columns) {
    let at = work;
    while (at < end) {
      v128.store(at, f32x4.splat(-Infinity));
      at += 16;
    }
    let score = scores + column * WORD;
    let row: usize = 0;
    at = work;
    while (row < rows) {
      const value = f32x4.add(v128.load(score), v128.load_splat<f32>(terms + row * WORD));
      v128.store(at, f32x4.pmax(v128.load(at), value));
      at = at + 16 == list ? work : at + 16;
      score += BLOCK * WORD;
      row++;
    }
    at = work;
    while (at < list) {
      insert(v128.load(at), list, end);
      at += 16;
    }
    v128.store(bounds + column * WORD, v128.load(end - 16));
    column += 4;
  }
}

/** Puts a value of each lane into the lane's list, which is sorted, and drops the smallest. */
// @ts-ignore: decorator
@inline
function insert(value: v128, list: usize, end: usize): void {
  while (list < end) {
    const found = v128.load(list);
    v128.store(list, f32x4.pmax(found, value));
    value = f32x4.pmin(value, found);
    list += 16;
  }
}
