/**
 * The canonical sums of a list of pairs, bit for bit those of ../similarity/cosine.ts: float64, eight interleaved
 * partial sums, what is left over into the first. No relaxed operations.
 */
import { WORD } from './layout';

/** Two consecutive floats of a row, as float64. */
// @ts-ignore: decorator
@inline
function two(at: usize, offset: usize): v128 {
  return f64x2.promote_low_f32x4(v128.load64_zero(at + offset));
}

// @ts-ignore: decorator
@inline
function first(sums: v128): f64 {
  return f64x2.extract_lane(sums, 0);
}

// @ts-ignore: decorator
@inline
function second(sums: v128): f64 {
  return f64x2.extract_lane(sums, 1);
}

/** `sum` + (x − y)². */
// @ts-ignore: decorator
@inline
function addSquare(sum: v128, x: v128, y: v128): v128 {
  const difference = f64x2.sub(x, y);
  return f64x2.add(sum, f64x2.mul(difference, difference));
}

/** All eight sums: lanes k and k + 4 first. */
// @ts-ignore: decorator
@inline
function total(left: f64, ab: v128, ce: v128, fg: v128, hl: v128): f64 {
  return left + first(fg) + (second(ab) + second(fg)) + (first(ce) + first(hl) + (second(ce) + second(hl)));
}

/** The dot product of two rows. */
// @ts-ignore: decorator
@inline
function dot(x: usize, y: usize, d: usize): f64 {
  const rowEnd = x + d * WORD;
  const eights = x + (d & ~7) * WORD;
  let ab = f64x2.splat(0);
  let ce = ab;
  let fg = ab;
  let hl = ab;
  while (x < eights) {
    ab = f64x2.add(ab, f64x2.mul(two(x, 0), two(y, 0)));
    ce = f64x2.add(ce, f64x2.mul(two(x, 8), two(y, 8)));
    fg = f64x2.add(fg, f64x2.mul(two(x, 16), two(y, 16)));
    hl = f64x2.add(hl, f64x2.mul(two(x, 24), two(y, 24)));
    x += 32;
    y += 32;
  }
  let a = first(ab);
  while (x < rowEnd) {
    a += <f64>load<f32>(x) * <f64>load<f32>(y);
    x += WORD;
    y += WORD;
  }
  return total(a, ab, ce, fg, hl);
}

/** The dot product of each of `count` rows with itself, into `out` (float64). */
export function squares(rows: usize, count: usize, d: usize, out: usize): void {
  let row: usize = 0;
  while (row < count) {
    const x = rows + row * d * WORD;
    store<f64>(out + row * 8, dot(x, x, d));
    row++;
  }
}

/**
 * For each of `count` entries of a list of select.ts: the dot product of row `left + row·d` with row `right +
 * column·d`, both rows as given, into `out` (float64).
 */
export function dotProducts(
  left: usize,
  right: usize,
  list: usize,
  count: usize,
  d: usize,
  out: usize,
): void {
  const end = list + count * 4;
  while (list < end) {
    const entry: usize = load<u32>(list);
    store<f64>(out, dot(left + ((entry >> 16) & 0xff) * d * WORD, right + (entry & 0xffff) * d * WORD, d));
    out += 8;
    list += 4;
  }
}

/** The same for Σ (xₖ − yₖ)². */
export function squaredDistances(
  left: usize,
  right: usize,
  list: usize,
  count: usize,
  d: usize,
  out: usize,
): void {
  const end = list + count * 4;
  while (list < end) {
    const entry: usize = load<u32>(list);
    let x = left + ((entry >> 16) & 0xff) * d * WORD;
    let y = right + (entry & 0xffff) * d * WORD;
    const rowEnd = x + d * WORD;
    const eights = x + (d & ~7) * WORD;
    let ab = f64x2.splat(0);
    let ce = ab;
    let fg = ab;
    let hl = ab;
    while (x < eights) {
      ab = addSquare(ab, two(x, 0), two(y, 0));
      ce = addSquare(ce, two(x, 8), two(y, 8));
      fg = addSquare(fg, two(x, 16), two(y, 16));
      hl = addSquare(hl, two(x, 24), two(y, 24));
      x += 32;
      y += 32;
    }
    let a = first(ab);
    while (x < rowEnd) {
      const difference = <f64>load<f32>(x) - <f64>load<f32>(y);
      a += difference * difference;
      x += WORD;
      y += WORD;
    }
    store<f64>(out, total(a, ab, ce, fg, hl));
    out += 8;
    list += 4;
  }
}
