import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { ComputePool } from '../../src/main/compute/compute-pool.js';
import {
  computeNearestNeighbours,
  computeSimilarityEdges,
  computeSimilarityHistogram,
  computeSimilarityMatrix,
} from '../../src/main/compute/similarity.js';
import { SharedMatrix } from '../../src/shared/shared-matrix.js';
import { corpus, describeWithCorpora } from '../helpers/corpora.js';
import {
  oracle,
  oracleEdges,
  oracleNeighbours,
  randomMatrix,
  troubleMatrix,
} from '../helpers/similarity-oracle.js';

const pool = new ComputePool({ threads: 2 });
const alone = new ComputePool({ threads: 1 });

afterAll(async () => {
  await pool.close();
  await alone.close();
});

async function edgesOf(matrix: SharedMatrix, threshold: number): Promise<[number, number, number][]> {
  const { length, source, target, similarity } = await computeSimilarityEdges(matrix, { threshold, pool });
  expect([source.length, target.length, similarity.length]).toEqual([length, length, length]);
  return Array.from(source, (i, e) => [i, target[e]!, similarity[e]!]);
}

async function neighboursOf(matrix: SharedMatrix, wanted: number): Promise<[number, number][][]> {
  const { k, indices, similarities } = await computeNearestNeighbours(matrix, { k: wanted, pool });
  return Array.from({ length: matrix.rows }, (_, i) =>
    Array.from({ length: k }, (_, place) => [indices[i * k + place]!, similarities[i * k + place]!]),
  );
}

describe('edges', () => {
  it('are exactly the pairs of the oracle, with its scores, for thresholds at a pair’s own value too', async () => {
    await fc.assert(
      fc.asyncProperty(
        troubleMatrix,
        fc.constantFrom(-1, -0.5, 0, 0.3, 0.5, Math.SQRT1_2, 0.9, 1),
        fc.nat(),
        async (matrix, threshold, pick) => {
          const all = oracleEdges(matrix, -1);
          const bound = pick % 2 === 0 && all.length > 0 ? all[pick % all.length]![2] : threshold;
          expect(await edgesOf(matrix, bound)).toEqual(oracleEdges(matrix, bound));
        },
      ),
      { numRuns: 150 },
    );
  });

  it.each([
    [2, 3],
    [7, 5],
    [239, 1],
    [240, 8],
    [241, 33],
    [500, 385],
    [601, 1000],
  ])('are the oracle’s for %i × %i random numbers', async (rows, columns) => {
    const matrix = randomMatrix(rows, columns, rows * columns);
    const threshold = 2 / Math.sqrt(columns);
    expect(await edgesOf(matrix, Math.min(threshold, 0.99))).toEqual(
      oracleEdges(matrix, Math.min(threshold, 0.99)),
    );
  });

  it('find duplicates at threshold 1, and nothing similar to a row of zeros', async () => {
    const matrix = SharedMatrix.from([
      [1, 2, 3],
      [0, 0, 0],
      [1, 2, 3],
      [0.1, 0.7, 0.3],
      [2, 4, 6],
      [0, 0, 0],
    ]);
    expect(await edgesOf(matrix, 1)).toEqual([
      [0, 2, 1],
      [0, 4, 1],
      [2, 4, 1],
    ]);
    expect(
      (await edgesOf(matrix, 0)).filter(([i, j]) => [i, j].includes(1)).every(([, , s]) => s === 0),
    ).toBe(true);
  });

  it('are none for no row and for one', async () => {
    expect(await edgesOf(SharedMatrix.create(0, 0), 0.5)).toEqual([]);
    expect(await edgesOf(SharedMatrix.create(1, 4), -1)).toEqual([]);
  });

  it('keep to the cap for each node', async () => {
    const matrix = randomMatrix(300, 8, 1);
    const { length, source, target } = await computeSimilarityEdges(matrix, {
      threshold: 0,
      maxDegree: 3,
      pool,
    });
    const degrees = new Array(300).fill(0);
    for (let e = 0; e < length; e++) {
      degrees[source[e]!]++;
      degrees[target[e]!]++;
    }
    expect(Math.max(...degrees)).toBe(3);
  });

  it('have the same bytes for every number of threads', async () => {
    const matrix = randomMatrix(1000, 100, 5);
    const results = await Promise.all(
      [alone, pool].map((each) => computeSimilarityEdges(matrix, { threshold: 0.2, pool: each })),
    );
    expect(results[0]!.length).toBeGreaterThan(1000);
    expect(results[0]).toEqual(results[1]);
  });

  it('refuse a threshold out of range, by name', async () => {
    const call = computeSimilarityEdges([[1]], { threshold: 1.5, pool });
    await expect(call).rejects.toThrow(/computeSimilarityEdges: option "threshold".*-1 to 1.*received 1.5/);
    const ragged = computeSimilarityEdges([[1, 2], [3]], { threshold: 0.5, pool });
    await expect(ragged).rejects.toThrow('row 1 has 1 columns, expected 2 as in row 0');
  });

  it('stop when aborted, with the reason itself', async () => {
    const controller = new AbortController();
    const call = computeSimilarityEdges(randomMatrix(3000, 64, 3), {
      threshold: 0.5,
      pool,
      signal: controller.signal,
      progress: ({ done }) => done === 2 && controller.abort('enough'),
    });
    await expect(call).rejects.toBe('enough');
  });
});

describe('nearest neighbours', () => {
  it('are exactly the oracle’s, ties by the lower index', async () => {
    await fc.assert(
      fc.asyncProperty(troubleMatrix, fc.integer({ min: 1, max: 50 }), async (matrix, k) => {
        expect(await neighboursOf(matrix, k)).toEqual(oracleNeighbours(matrix, k));
      }),
      { numRuns: 150 },
    );
  });

  it.each([
    [2, 3, 1],
    [241, 33, 240],
    [500, 385, 10],
    [601, 1000, 3],
  ])('are the oracle’s for %i × %i random numbers', async (rows, columns, k) => {
    const matrix = randomMatrix(rows, columns, rows + columns);
    expect(await neighboursOf(matrix, k)).toEqual(oracleNeighbours(matrix, k));
  });

  it('have the same bytes for every number of threads, and report progress', async () => {
    const matrix = randomMatrix(1000, 100, 6);
    const done: number[] = [];
    const progress = (report: { done: number }) => done.push(report.done);
    const [one, two] = await Promise.all([
      computeNearestNeighbours(matrix, { k: 7, pool: alone, progress }),
      computeNearestNeighbours(matrix, { k: 7, pool }),
    ]);
    expect(one).toEqual(two);
    expect(done).toEqual(Array.from({ length: 15 }, (_, tile) => tile + 1));
  });
});

describe('the dense matrix', () => {
  it.each([
    [0, 0],
    [1, 3],
    [5, 0],
    [7, 5],
    [241, 33],
    [500, 1537],
  ])(
    'is within 1e-5 of the oracle for %i × %i, symmetric, with ones on the diagonal',
    async (rows, columns) => {
      const matrix = randomMatrix(rows, columns, 9);
      const cosine = oracle(matrix);
      const result = await computeSimilarityMatrix(matrix, { pool });
      expect([result.rows, result.columns]).toEqual([rows, rows]);
      let worst = 0;
      for (let i = 0; i < rows; i++) {
        for (let j = 0; j < rows; j++) {
          worst = Math.max(
            worst,
            Math.abs(result.row(i)[j]! - cosine(i, j)),
            Math.abs(result.row(i)[j]! - result.row(j)[i]!),
          );
        }
        if (columns > 0) expect(result.row(i)[i]).toBe(1);
      }
      expect(worst).toBeLessThan(1e-5);
    },
  );

  it('is zero for rows of zeros, and never beyond ±1', async () => {
    const same = Array.from({ length: 20 }, () => [0.1, 0.2, 0.3, 0.4, 0.5]);
    const result = await computeSimilarityMatrix([[0, 0, 0, 0, 0], ...same], { pool });
    expect([...result.row(0)]).toEqual(new Array(21).fill(0));
    expect(Math.max(...result.data)).toBe(1);
  });

  it('stays within a bound of resident memory over 50 jobs', async () => {
    const rows = randomMatrix(4096, 64, 1);
    const before = process.memoryUsage().rss;
    let peak = 0;
    for (let job = 0; job < 50; job++) {
      // 64 MiB of result and 1 MiB of input each, all dropped at once: 3.2 GiB if nothing were given back.
      await computeSimilarityMatrix(SharedMatrix.fromFlat(rows.data, 64), { pool });
      peak = Math.max(peak, process.memoryUsage().rss);
    }
    expect((peak - before) / 2 ** 20).toBeLessThan(1024);
  });
});

describe('the histogram', () => {
  it('counts every pair once, in the oracle’s bin', async () => {
    await fc.assert(
      fc.asyncProperty(troubleMatrix, fc.integer({ min: 1, max: 50 }), async (matrix, bins) => {
        const { edges, counts } = await computeSimilarityHistogram(matrix, { bins, pool });
        const expected = new Array(bins).fill(0);
        for (const [, , score] of oracleEdges(matrix, -1)) {
          expected[Math.min(bins - 1, Math.floor(((score + 1) * bins) / 2))]++;
        }
        expect(counts).toEqual(expected);
        expect(edges).toHaveLength(bins + 1);
      }),
      { numRuns: 50 },
    );
  });
});

describeWithCorpora('real MiniLM vectors', () => {
  const folder = ['embeddings', 'fiori-minilm-384'];
  const matrix = () => SharedMatrix.fromNpy(readFileSync(corpus(...folder, 'vectors.npy')));
  const truth = () =>
    JSON.parse(readFileSync(corpus(...folder, 'top10-float64.json'), 'utf8')) as {
      sumUpper: number;
      top10: [number, number][][];
    };

  it('have 107 pairs at threshold 0.9', async () => {
    expect(await edgesOf(matrix(), 0.9)).toEqual(oracleEdges(matrix(), 0.9));
    expect(await edgesOf(matrix(), 0.9)).toHaveLength(107);
  });

  it('have the known ten nearest neighbours', async () => {
    const found = await neighboursOf(matrix(), 10);
    const { top10 } = truth();
    expect(found.map((row) => row.map(([j]) => j))).toEqual(top10.map((row) => row.map(([j]) => j)));
    for (const [i, row] of found.entries()) {
      for (const [place, [, score]] of row.entries()) expect(score).toBeCloseTo(top10[i]![place]![1], 6);
    }
  });

  it('have the known sum over all pairs', async () => {
    const result = await computeSimilarityMatrix(matrix(), { pool });
    let sum = 0;
    for (let i = 0; i < result.rows; i++) for (let j = i + 1; j < result.rows; j++) sum += result.row(i)[j]!;
    expect(Math.abs(sum - truth().sumUpper)).toBeLessThan(0.01);
  });
});
