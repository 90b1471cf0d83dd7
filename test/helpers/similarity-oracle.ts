import fc from 'fast-check';
import { dotProduct, squaredDistance } from '../../src/shared/kernels/similarity/cosine.js';
import { mulberry32 } from '../../src/shared/random.js';
import { SharedMatrix } from '../../src/shared/shared-matrix.js';

/** The plainest float64 cosine there is. */
export function oracle(matrix: SharedMatrix): (i: number, j: number) => number {
  const dot = (i: number, j: number) => {
    const [a, b] = [matrix.row(i), matrix.row(j)];
    let sum = 0;
    for (let k = 0; k < a.length; k++) sum += a[k]! * b[k]!;
    return sum;
  };
  return (i, j) => {
    const norms = Math.sqrt(dot(i, i) * dot(j, j));
    return norms === 0 ? 0 : dot(i, j) / norms;
  };
}

export function oracleEdges(matrix: SharedMatrix, threshold: number): [number, number, number][] {
  const cosine = oracle(matrix);
  const edges: [number, number, number][] = [];
  for (let i = 0; i < matrix.rows; i++) {
    for (let j = i + 1; j < matrix.rows; j++) {
      const score = Math.fround(cosine(i, j)) + 0;
      if (score >= Math.fround(threshold)) edges.push([i, j, score]);
    }
  }
  return edges;
}

export function oracleNeighbours(matrix: SharedMatrix, k: number): [number, number][][] {
  const cosine = oracle(matrix);
  const rows = Array.from({ length: matrix.rows }, (_, i) => i);
  return rows.map((i) =>
    rows
      .filter((j) => j !== i)
      .map((j): [number, number] => [j, Math.fround(cosine(i, j)) + 0])
      .sort((a, b) => b[1] - a[1] || a[0] - b[0])
      .slice(0, k),
  );
}

export function randomMatrix(rows: number, columns: number, seed: number): SharedMatrix {
  const random = mulberry32(seed);
  if (columns === 0) return SharedMatrix.create(rows, 0);
  return SharedMatrix.fromFlat(
    Float32Array.from({ length: rows * columns }, () => random() * 2 - 1),
    columns,
  );
}

/**
 * Matrices with all that makes trouble: duplicates, scaled copies, zero rows, huge and tiny norms. Numbers are
 * small multiples of a power of two, so that sums are exact in float64 and ties are ties.
 */
export const troubleMatrix = fc
  .record({
    columns: fc.integer({ min: 0, max: 17 }),
    rows: fc.array(
      fc.record({
        seed: fc.integer({ min: 0, max: 12 }),
        scale: fc.constantFrom(1, 1, 1, 2, -1, 0, 2 ** 60, 2 ** -60, 2 ** 120, 2 ** -120),
      }),
      { maxLength: 40 },
    ),
  })
  .map(({ columns, rows }) =>
    SharedMatrix.from(
      rows.map(({ seed, scale }) => {
        const random = mulberry32(seed);
        return Float32Array.from({ length: columns }, () => (Math.floor(random() * 9) - 4) * scale);
      }),
    ),
  );

/** A row of the first matrix, one of the second, and how good the pair is: higher is better. */
export type OraclePair = [source: number, target: number, quality: number];

/** Every pair of two sets by a metric, with the canonical rounding; for one set every pair once. */
export function oraclePairs(
  metric: 'dot' | 'euclidean' | 'cosine',
  a: SharedMatrix,
  b?: SharedMatrix,
): OraclePair[] {
  const d = a.columns;
  const pairs: OraclePair[] = [];
  const both = new Float32Array(2 * d);
  for (let i = 0; i < a.rows; i++) {
    for (let j = b ? 0 : i + 1; j < (b ?? a).rows; j++) {
      both.set(a.row(i));
      both.set((b ?? a).row(j), d);
      const product = dotProduct(both, 0, both, 1, d);
      const norms = Math.sqrt(dotProduct(both, 0, both, 0, d) * dotProduct(both, 1, both, 1, d));
      const cosine = norms === 0 ? 0 : product / norms;
      const distance = Math.sqrt(squaredDistance(both, 0, both, 1, d));
      pairs.push([i, j, Math.fround({ cosine, dot: product, euclidean: 0 - distance }[metric]) + 0]);
    }
  }
  return pairs;
}
