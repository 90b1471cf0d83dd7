/**
 * The canonical sums of a list of pairs, bit for bit those of ../similarity/cosine.ts: float64, four interleaved
 * partial sums, what is left over into the first, then a + b + (c + e). No relaxed operations.
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
    let x = left + ((entry >> 16) & 0xff) * d * WORD;
    let y = right + (entry & 0xffff) * d * WORD;
    const rowEnd = x + d * WORD;
    const fours = x + (d & ~3) * WORD;
    let ab = f64x2.splat(0);
    let ce = ab;
    while (x < fours) {
      ab = f64x2.add(ab, f64x2.mul(two(x, 0), two(y, 0)));
      ce = f64x2.add(ce, f64x2.mul(two(x, 8), two(y, 8)));
      x += 16;
      y += 16;
    }
    let a = first(ab);
    while (x < rowEnd) {
      a += <f64>load<f32>(x) * <f64>load<f32>(y);
      x += WORD;
      y += WORD;
    }
    store<f64>(out, a + second(ab) + (first(ce) + second(ce)));
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
    const fours = x + (d & ~3) * WORD;
    let ab = f64x2.splat(0);
    let ce = ab;
    while (x < fours) {
      const low = f64x2.sub(two(x, 0), two(y, 0));
      const high = f64x2.sub(two(x, 8), two(y, 8));
      ab = f64x2.add(ab, f64x2.mul(low, low));
      ce = f64x2.add(ce, f64x2.mul(high, high));
      x += 16;
      y += 16;
    }
    let a = first(ab);
    while (x < rowEnd) {
      const difference = <f64>load<f32>(x) - <f64>load<f32>(y);
      a += difference * difference;
      x += WORD;
      y += WORD;
    }
    store<f64>(out, a + second(ab) + (first(ce) + second(ce)));
    out += 8;
    list += 4;
  }
}
