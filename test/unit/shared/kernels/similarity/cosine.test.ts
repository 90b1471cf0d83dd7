import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  cosineOf,
  dotProduct,
  selectionMargin,
} from '../../../../../src/shared/kernels/similarity/cosine.js';

const float = fc.float({ noNaN: true, noDefaultInfinity: true });
const rows = fc
  .integer({ min: 0, max: 40 })
  .chain((d) => fc.tuple(fc.constant(d), fc.array(float, { minLength: 2 * d, maxLength: 2 * d })));

const squaresOf = (data: Float32Array, d: number) =>
  Float64Array.of(dotProduct(data, 0, data, 0, d), dotProduct(data, 1, data, 1, d));

const cosineSimilarity = (data: Float32Array, d: number, squares: Float64Array, i: number, j: number) =>
  cosineOf(dotProduct(data, i, data, j, d), squares[i]!, squares[j]!);

describe('the canonical cosine', () => {
  it('is symmetric, within [-1, 1] and a float32', () => {
    fc.assert(
      fc.property(rows, ([d, values]) => {
        const data = Float32Array.from(values);
        const squares = squaresOf(data, d);
        const score = cosineSimilarity(data, d, squares, 0, 1);
        expect(cosineSimilarity(data, d, squares, 1, 0)).toBe(score);
        expect(Math.abs(score)).toBeLessThanOrEqual(1);
        expect(Math.fround(score)).toBe(score);
      }),
    );
  });

  it('is exactly 1 for equal rows, -1 for opposite ones, for all norms that float32 has', () => {
    fc.assert(
      fc.property(fc.array(float, { minLength: 1, maxLength: 40 }), (values) => {
        const d = values.length;
        const row = Float32Array.from(values);
        fc.pre(row.some((value) => value !== 0));
        const same = Float32Array.from([...row, ...row]);
        const opposite = Float32Array.from([...row, ...row.map((value) => -value)]);
        expect(cosineSimilarity(same, d, squaresOf(same, d), 0, 1)).toBe(1);
        expect(cosineSimilarity(opposite, d, squaresOf(opposite, d), 0, 1)).toBe(-1);
      }),
    );
  });

  it('is 0 for a row of zeros', () => {
    const data = Float32Array.of(0, 0, 1, 2);
    expect(cosineSimilarity(data, 2, squaresOf(data, 2), 0, 1)).toBe(0);
    expect(cosineSimilarity(data, 2, squaresOf(data, 2), 0, 0)).toBe(0);
  });
});

describe('the selection margin', () => {
  /** Sums float32 products of normalised float32 rows, one after the other: the worst order there is. */
  function fastScore(data: Float32Array, d: number, squares: Float64Array): number {
    const unit = (row: number, k: number) =>
      Math.fround(data[row * d + k]! / (Math.sqrt(squares[row]!) || 1));
    let sum = 0;
    for (let k = 0; k < d; k++) sum = Math.fround(sum + Math.fround(unit(0, k) * unit(1, k)));
    return sum;
  }

  it('bounds the error of a float32 kernel', () => {
    fc.assert(
      fc.property(rows, ([d, values]) => {
        const data = Float32Array.from(values);
        const squares = squaresOf(data, d);
        const error = Math.abs(fastScore(data, d, squares) - cosineSimilarity(data, d, squares, 0, 1));
        expect(error).toBeLessThanOrEqual(selectionMargin(d));
      }),
      { numRuns: 1000 },
    );
  });

  it('bounds it where the error piles up: equal positive numbers, thousands of them', () => {
    for (const d of [100, 1000, 10_000, 100_000]) {
      const data = new Float32Array(2 * d).fill(0.7);
      const squares = squaresOf(data, d);
      const error = Math.abs(fastScore(data, d, squares) - 1);
      expect(error).toBeLessThanOrEqual(selectionMargin(d));
      // And is not so wide that it selects everything.
      expect(selectionMargin(d)).toBeLessThan(0.01);
    }
  });
});
