/**
 * The canonical cosine similarity: the one routine that decides which score is reported, which pairs are edges
 * and who comes first. Fast kernels only select candidates for it, so results have the same bytes whichever
 * kernel ran, on however many threads.
 *
 * Everything is float64 in a fixed order (eight interleaved partial sums, then their sum). The score is
 * `x·y / √(x·x × y·y)`, rounded once to float32: the product under one root makes the score of two equal rows
 * exactly 1, since √(s × s) = s in IEEE arithmetic. Squares of float32 numbers stay within the range of float64
 * for every d that fits into memory.
 */

/**
 * The dot product of row i of one matrix with row j of another, both row-major with d columns, in float64: the k-th
 * product goes into sum k mod 8, those of the last d mod 8 dimensions into the first.
 */
export function dotProduct(left: Float32Array, i: number, right: Float32Array, j: number, d: number): number {
  let x = i * d;
  let y = j * d;
  const end = x + d;
  const unrolledEnd = end - 7;
  let a = 0;
  let b = 0;
  let c = 0;
  let e = 0;
  let f = 0;
  let g = 0;
  let h = 0;
  let l = 0;
  while (x < unrolledEnd) {
    a += left[x]! * right[y]!;
    b += left[x + 1]! * right[y + 1]!;
    c += left[x + 2]! * right[y + 2]!;
    e += left[x + 3]! * right[y + 3]!;
    f += left[x + 4]! * right[y + 4]!;
    g += left[x + 5]! * right[y + 5]!;
    h += left[x + 6]! * right[y + 6]!;
    l += left[x + 7]! * right[y + 7]!;
    x += 8;
    y += 8;
  }
  while (x < end) {
    a += left[x]! * right[y]!;
    x++;
    y++;
  }
  return a + f + (b + g) + (c + h + (e + l));
}

/**
 * The same for the squared Euclidean distance: differences in float64, squared, in the same order of sums.
 */
export function squaredDistance(
  left: Float32Array,
  i: number,
  right: Float32Array,
  j: number,
  d: number,
): number {
  const sums = new Float64Array(8);
  const unrolled = d - (d % 8);
  for (let k = 0; k < d; k++) {
    const difference = left[i * d + k]! - right[j * d + k]!;
    sums[k < unrolled ? k % 8 : 0]! += difference * difference;
  }
  const [a, b, c, e, f, g, h, l] = sums as unknown as Sums;
  return a + f + (b + g) + (c + h + (e + l));
}

type Sums = [number, number, number, number, number, number, number, number];

/**
 * The reported cosine of two rows, rounded once to float32, from their dot product and those of each with itself.
 *
 * @returns a float32 value in [-1, 1]; 0 if either row is all zeros: a zero vector is similar to nothing.
 */
export function cosineOf(product: number, leftSquare: number, rightSquare: number): number {
  const norms = Math.sqrt(leftSquare * rightSquare);
  return norms === 0 ? 0 : Math.fround(product / norms);
}

/** Unit roundoff of float32. */
const U = 2 ** -24;

/**
 * How far a float32 kernel's score may be from the canonical one, at most: a candidate within this margin of a
 * bound has to be scored again.
 *
 * Each normalised component carries two roundings (the division's and the store's), hence a product up to
 * (1 + u)^4; a sum of d products in any order, fused or not, adds a relative error of γ_d = d·u / (1 − d·u) of
 * Σ|x̂ᵢŷᵢ| ≤ (1 + u)^4 by Cauchy–Schwarz (Higham, Accuracy and Stability of Numerical Algorithms, §3.1). Rounding
 * the canonical score to float32 adds u. Underflow adds less than 2^-148 a term, in each of the two factors and
 * in the product.
 */
export function selectionMargin(d: number): number {
  const roundings = (d + 8) * U;
  if (roundings >= 0.5) return 2;
  return roundings / (1 - roundings) + d * 2 ** -120;
}
