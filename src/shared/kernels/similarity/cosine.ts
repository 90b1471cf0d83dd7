/**
 * The canonical cosine similarity: the one routine that decides which score is reported, which pairs are edges
 * and who comes first. Fast kernels only select candidates for it, so results have the same bytes whichever
 * kernel ran, on however many threads.
 *
 * Everything is float64 in a fixed order (four interleaved partial sums, then their sum). The score is
 * `x·y / √(x·x × y·y)`, rounded once to float32: the product under one root makes the score of two equal rows
 * exactly 1, since √(s × s) = s in IEEE arithmetic. Squares of float32 numbers stay within the range of float64
 * for every d that fits into memory.
 */

/** The dot product of rows i and j of a row-major matrix with d columns, in float64. */
export function dotProduct(data: Float32Array, d: number, i: number, j: number): number {
  let x = i * d;
  let y = j * d;
  const end = x + d;
  const unrolledEnd = end - 3;
  let a = 0;
  let b = 0;
  let c = 0;
  let e = 0;
  while (x < unrolledEnd) {
    a += data[x]! * data[y]!;
    b += data[x + 1]! * data[y + 1]!;
    c += data[x + 2]! * data[y + 2]!;
    e += data[x + 3]! * data[y + 3]!;
    x += 4;
    y += 4;
  }
  while (x < end) {
    a += data[x]! * data[y]!;
    x++;
    y++;
  }
  return a + b + (c + e);
}

/**
 * The same for the squared Euclidean distance: differences in float64, squared, in the same order of sums.
 */
export function squaredDistance(data: Float32Array, d: number, i: number, j: number): number {
  const sums = [0, 0, 0, 0];
  const unrolled = d - (d % 4);
  for (let k = 0; k < d; k++) {
    const difference = data[i * d + k]! - data[j * d + k]!;
    sums[k < unrolled ? k % 4 : 0]! += difference * difference;
  }
  return sums[0]! + sums[1]! + (sums[2]! + sums[3]!);
}

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
