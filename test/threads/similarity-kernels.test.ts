import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { ComputePool } from '../../src/main/compute/compute-pool.js';
import { judgeKernels } from '../../src/main/compute/kernel-catalog.js';
import {
  computeCrossSimilarity,
  computeNearestNeighbours,
  computeSimilarityEdges,
  computeSimilarityMatrix,
} from '../../src/main/compute/similarity.js';
import { SharedMatrix } from '../../src/shared/shared-matrix.js';
import {
  oracleEdges,
  oracleNeighbours,
  oraclePairs,
  randomMatrix,
  troubleMatrix,
} from '../helpers/similarity-oracle.js';

const pool = new ComputePool({ threads: 2 });
afterAll(() => pool.close());

const SOAK = process.env.MILLRACE_SOAK === '1';

/** Every kernel that this machine can run. */
const ready = judgeKernels('experimental').filter(({ state }) => state === 'ready');

const listed = ({ source, target, similarity }: Awaited<ReturnType<typeof computeSimilarityEdges>>) =>
  Array.from(source, (i, e) => [i, target[e]!, similarity[e]!]);
const rowsOf = ({ k, indices, similarities }: Awaited<ReturnType<typeof computeNearestNeighbours>>) =>
  Array.from({ length: k === 0 ? 0 : indices.length / k }, (_, i) =>
    Array.from({ length: k }, (_, place) => [indices[i * k + place]!, similarities[i * k + place]!]),
  );

/** Rows in clusters: some pairs are very similar, most are not. */
function clusters(rows: number, columns: number, seed: number): SharedMatrix {
  const centres = randomMatrix(9, columns, seed);
  const noise = randomMatrix(rows, columns, seed + 1);
  const values = noise.data.map((value, at) => {
    const row = Math.floor(at / columns);
    return centres.row(row % 9)[at % columns]! + 0.3 * value;
  });
  return SharedMatrix.fromFlat(values, columns);
}

/** A matrix with its answers, which are the same for each kernel; the threshold is the value of one of its pairs. */
function clustered(rows: number, columns: number) {
  const key = `${rows} × ${columns}`;
  const known = answers.get(key) ?? answered(clusters(rows, columns, rows));
  answers.set(key, known);
  return known;
}

const answers = new Map<string, ReturnType<typeof answered>>();

function answered(matrix: SharedMatrix) {
  const pairs = oraclePairs('cosine', matrix);
  const threshold = [...pairs].sort((a, b) => b[2] - a[2])[Math.floor(pairs.length / 50)]![2];
  const edges = pairs.filter(([, , quality]) => quality >= threshold);
  return { matrix, threshold, edges, neighbours: oracleNeighbours(matrix, 5) };
}

it('simd-float32 and simd-int16 run everywhere', () => {
  expect(ready.map(({ name }) => name)).toEqual(expect.arrayContaining(['simd-float32', 'simd-int16']));
});

describe.each(ready.map(({ name }) => name))('kernel %s', (kernel) => {
  const options = { pool, kernel };

  const title = 'finds exactly the edges and neighbours of the oracle among all that makes trouble';
  const cases = async () => {
    await fc.assert(
      fc.asyncProperty(
        troubleMatrix,
        fc.double({ min: -1, max: 1, noNaN: true }),
        fc.integer({ min: 1, max: 20 }),
        async (matrix, threshold, k) => {
          const edges = await computeSimilarityEdges(matrix, { ...options, threshold });
          expect(listed(edges)).toEqual(oracleEdges(matrix, threshold));
          const nearest = await computeNearestNeighbours(matrix, { ...options, k });
          if (matrix.rows > 1) expect(rowsOf(nearest)).toEqual(oracleNeighbours(matrix, k));
        },
      ),
      { numRuns: SOAK ? Math.ceil(10_000 / ready.length) : 15 },
    );
  };
  it(SOAK ? `${title} (soak)` : title, cases, SOAK ? 3_600_000 : undefined);

  it.each([
    [241, 33],
    [500, 385],
    [490, 1030],
  ])('is exact over several tiles, thresholds at a pair’s value: %i × %i', async (rows, columns) => {
    const { matrix, threshold, edges, neighbours } = clustered(rows, columns);
    const found = await computeSimilarityEdges(matrix, { ...options, threshold });
    expect(listed(found)).toEqual(edges);
    expect(rowsOf(await computeNearestNeighbours(matrix, { ...options, k: 5 }))).toEqual(neighbours);
  });
});

describe('metrics', () => {
  const scaled = fc.tuple(troubleMatrix, fc.constantFrom('dot', 'euclidean')) as fc.Arbitrary<
    [SharedMatrix, 'dot' | 'euclidean']
  >;

  it('give exactly the pairs of the oracle, and its neighbours', async () => {
    await fc.assert(
      fc.asyncProperty(scaled, fc.nat(), async ([matrix, metric], pick) => {
        const all = oraclePairs(metric, matrix);
        fc.pre(all.length > 0 && all.every(([, , quality]) => Number.isFinite(quality)));
        const floor = all[pick % all.length]![2];
        const sign = metric === 'dot' ? 1 : -1;
        const value = (quality: number) => 0 + sign * quality || 0;
        const edges = await computeSimilarityEdges(matrix, { pool, metric, threshold: value(floor) });
        const expected = all.filter(([, , quality]) => quality >= floor);
        expect(listed(edges)).toEqual(expected.map(([i, j, quality]) => [i, j, value(quality)]));
        const nearest = rowsOf(await computeNearestNeighbours(matrix, { pool, metric, k: 3 }));
        for (const [row, found] of nearest.entries()) {
          const mine = all
            .filter(([i, j]) => i === row || j === row)
            .map(([i, j, quality]): [number, number] => [i === row ? j : i, quality])
            .sort((a, b) => b[1] - a[1] || a[0] - b[0]);
          expect(found).toEqual(mine.slice(0, 3).map(([j, quality]) => [j, value(quality)]));
        }
      }),
      { numRuns: 200 },
    );
  });

  it('give dense values near those of the oracle, exact ones where numbers nearly cancel', async () => {
    const base = randomMatrix(300, 40, 3);
    const matrix = SharedMatrix.fromFlat(
      base.data.map((value, at) => (at < 20 * 40 ? base.data[at % 40]! + value * 1e-4 : value)),
      40,
    );
    for (const metric of ['dot', 'euclidean'] as const) {
      const result = await computeSimilarityMatrix(matrix, { pool, metric });
      for (const [i, j, quality] of oraclePairs(metric, matrix)) {
        const value = metric === 'dot' ? quality : 0 - quality;
        const found = result.row(i)[j]!;
        if (Math.abs(found - value) > 2e-5 * Math.max(1, Math.abs(value)))
          expect([i, j, found]).toEqual([i, j, value]);
        if (result.row(j)[i] !== found) expect(result.row(j)[i]).toBe(found);
      }
      expect(result.row(7)[7]).toBeCloseTo(
        metric === 'dot' ? oraclePairs('dot', matrix, matrix)[7 * 300 + 7]![2] : 0,
        6,
      );
    }
  });
});

it.each(ready.map(({ name }) => name))(
  'kernel %s finds pairs of rows of very different norms',
  async (kernel) => {
    const rows = [1e-37, 1e-30, 1e-10, 1, 1e15].map((norm) => [4 * norm, -8 * norm, 0, -3 * norm, norm]);
    const edges = await computeSimilarityEdges(rows, { pool, kernel, metric: 'dot', threshold: 0 });
    expect(listed(edges)).toEqual(oraclePairs('dot', SharedMatrix.from(rows)));
  },
);

describe('two sets', () => {
  const a = clusters(500, 30, 1);
  const b = clusters(300, 30, 50);
  const all = oraclePairs('cosine', a, b);

  it('give the edges between them', async () => {
    const edges = await computeCrossSimilarity(a, b, { pool, threshold: 0.3 });
    expect(listed(edges)).toEqual(all.filter(([, , quality]) => quality >= Math.fround(0.3)));
  });

  it('give the neighbours in the second for each row of the first', async () => {
    const nearest = rowsOf(await computeCrossSimilarity(a, b, { pool, k: 4 }));
    for (const [row, found] of nearest.entries()) {
      const mine = all.slice(row * b.rows, (row + 1) * b.rows).sort((x, y) => y[2] - x[2] || x[1] - y[1]);
      expect(found).toEqual(mine.slice(0, 4).map(([, j, quality]) => [j, quality]));
    }
  });

  it('give the whole matrix', async () => {
    const matrix = await computeCrossSimilarity(a, b, { pool });
    expect([matrix.rows, matrix.columns]).toEqual([500, 300]);
    let worst = 0;
    for (const [i, j, quality] of all) worst = Math.max(worst, Math.abs(matrix.row(i)[j]! - quality));
    expect(worst).toBeLessThan(1e-5);
  });

  it('are refused if their dimensions differ', async () => {
    const call = computeCrossSimilarity([[1, 2]], [[1, 2, 3]], { pool, k: 1 });
    await expect(call).rejects.toThrow('the second set has 3 columns, expected 2 as in the first');
  });
});

describe('rules for edges', () => {
  const matrix = clusters(600, 20, 8);
  const threshold = 0.2;
  const wanted = oracleEdges(matrix, threshold);

  /** Edges that are among the best `cap` of both ends, by brute force. */
  function capped(edges: [number, number, number][], cap: number) {
    const best = new Map<number, Set<number>>();
    for (let row = 0; row < 600; row++) {
      const mine = edges
        .filter(([i, j]) => i === row || j === row)
        .map(([i, j, quality]): [number, number] => [i === row ? j : i, quality])
        .sort((x, y) => y[1] - x[1] || x[0] - y[0]);
      best.set(row, new Set(mine.slice(0, cap).map(([other]) => other)));
    }
    return edges.filter(([i, j]) => best.get(i)!.has(j) && best.get(j)!.has(i));
  }

  it.each([1, 7, 1000])(
    'maxDegree %i keeps those that are among the first of both ends',
    async (maxDegree) => {
      const edges = await computeSimilarityEdges(matrix, { pool, threshold, maxDegree });
      expect(listed(edges)).toEqual(capped(wanted, maxDegree));
    },
  );

  it('excluded pairs are left out, and take no place of maxDegree', async () => {
    const excluded = wanted.filter((_edge, at) => at % 3 === 0);
    const rest = wanted.filter((_edge, at) => at % 3 !== 0);
    const excludePairs = excluded.map(([i, j], at): [number, number] => (at % 2 ? [i, j] : [j, i]));
    const edges = await computeSimilarityEdges(matrix, { pool, threshold, excludePairs });
    expect(listed(edges)).toEqual(rest);
    const columns = { source: excluded.map(([i]) => i), target: excluded.map(([, j]) => j) };
    const few = await computeSimilarityEdges(matrix, {
      pool,
      threshold,
      excludePairs: columns,
      maxDegree: 5,
    });
    expect(listed(few)).toEqual(capped(rest, 5));
  });

  it('an excluded pair that is none is refused', async () => {
    const call = computeSimilarityEdges([[1], [2]], { pool, threshold: 0, excludePairs: [[0, 2]] });
    await expect(call).rejects.toThrow(
      'option "excludePairs": pair 0: expected row numbers from 0 to 1, received 2',
    );
  });
});

describe('the choice of a kernel', () => {
  it('by a name that there isn’t is refused', async () => {
    const call = computeSimilarityMatrix([[1]], { pool, kernel: 'fast' as 'auto' });
    await expect(call).rejects.toThrow(/option "kernel": expected one of auto, experimental, simd-float32/);
  });

  it('that can only select is refused where all values are wanted', async () => {
    const call = computeSimilarityMatrix([[1]], { pool, kernel: 'simd-int16' });
    await expect(call).rejects.toThrow('kernel simd-int16 selects edges and neighbours');
  });
});
