import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { ComputePool } from '../../src/main/compute/compute-pool.js';
import {
  computeCrossSimilarity,
  computeNearestNeighbours,
  computeSimilarityEdges,
  computeSimilarityMatrix,
} from '../../src/main/compute/similarity.js';
import { writeSimilarityMatrix } from '../../src/main/compute/similarity-file.js';
import { NpyFile } from '../../src/shared/npy-file.js';
import { randomMatrix } from '../helpers/similarity-oracle.js';
import { temporaryFolder } from '../helpers/temporary-folder.js';

const pool = new ComputePool({ threads: 2 });
afterAll(() => pool.close());

const matrix = randomMatrix(1500, 64, 4);
/** Enough for two blocks of 240 rows at a time, not for all. */
const memoryLimitBytes = 2_000_000;

describe.each(['cosine', 'dot', 'euclidean'] as const)(
  'with less memory than the rows need: %s',
  (metric) => {
    const threshold = { cosine: 0.3, dot: 5, euclidean: 5 }[metric];

    it('edges and neighbours have the same bytes', async () => {
      const common = { pool, metric };
      const limited = { ...common, memoryLimitBytes };
      expect(await computeSimilarityEdges(matrix, { ...limited, threshold })).toEqual(
        await computeSimilarityEdges(matrix, { ...common, threshold }),
      );
      expect(await computeNearestNeighbours(matrix, { ...limited, k: 9 })).toEqual(
        await computeNearestNeighbours(matrix, { ...common, k: 9 }),
      );
    });

    it('two sets and dense results, too', async () => {
      const other = randomMatrix(700, 64, 5);
      const common = { pool, metric };
      const limited = { ...common, memoryLimitBytes };
      expect(await computeCrossSimilarity(matrix, other, { ...limited, k: 3 })).toEqual(
        await computeCrossSimilarity(matrix, other, { ...common, k: 3 }),
      );
      const [small, whole] = [
        await computeSimilarityMatrix(matrix, limited),
        await computeSimilarityMatrix(matrix, common),
      ];
      expect(Buffer.compare(Buffer.from(small.buffer), Buffer.from(whole.buffer))).toBe(0);
    });
  },
);

it('a limit that is too small is refused with what is needed', async () => {
  const call = computeSimilarityMatrix(matrix, { pool, memoryLimitBytes: 1000 });
  await expect(call).rejects.toThrow(
    /option "memoryLimitBytes": 2 threads and rows of 64 numbers need at least \d+ bytes, received 1000/,
  );
});

it('a filter that lets too much through is turned off on the way, for the same edges', async () => {
  // A seventh of the rows are alike, side by side: seldom in a sample, all at once when their tiles come.
  const random = randomMatrix(20_000, 64, 7);
  for (let row = 16 * 240; row < 28 * 240; row++) random.row(row).set(random.row(16 * 240));
  const lines: string[] = [];
  const explain = (line: string) => lines.push(line);
  const watched = await computeSimilarityEdges(random, { pool, threshold: 0.99, explain });
  expect(lines.at(-1)).toMatch(/float32 takes over: \d+\.\d+ % of the pairs had to be scored again/);
  expect(watched.length).toBe((2880 * 2879) / 2);
  const exact = await computeSimilarityEdges(random, { pool, threshold: 0.99, kernel: 'simd-float32' });
  for (const column of ['source', 'target', 'similarity'] as const) {
    const [ours, theirs] = [watched[column], exact[column]];
    expect(Buffer.compare(Buffer.from(ours.buffer), Buffer.from(theirs.buffer))).toBe(0);
  }
});

describe('a dense result in a file', () => {
  it.each([0, 1, 700, 4500])('is the matrix in memory, byte for byte: %i rows', async (rows) => {
    const path = join(temporaryFolder(), 'similarities.npy');
    const vectors = randomMatrix(rows, 8, rows);
    await writeSimilarityMatrix(vectors, path, { pool });
    const expected = (await computeSimilarityMatrix(vectors, { pool })).toNpy();
    expect(Buffer.compare(readFileSync(path), expected)).toBe(0);
    expect(readdirSync(dirname(path))).toEqual(['similarities.npy']);
  });

  it('leaves nothing behind after an abort, or where it can’t be written', async () => {
    const folder = temporaryFolder();
    const controller = new AbortController();
    const call = writeSimilarityMatrix(matrix, join(folder, 'similarities.npy'), {
      pool,
      signal: controller.signal,
      progress: () => controller.abort('enough'),
    });
    await expect(call).rejects.toBe('enough');
    expect(readdirSync(folder)).toEqual([]);
    await expect(writeSimilarityMatrix(matrix, join(folder, 'no', 'x.npy'), { pool })).rejects.toMatchObject({
      code: 'MILLRACE_OUTPUT_FAILED',
      message: expect.stringContaining(join(folder, 'no', 'x.npy')),
    });
  });
});

describe('a .npy file', () => {
  it('is read panel by panel, for the same bytes as from memory', async () => {
    const path = join(temporaryFolder(), 'vectors.npy');
    writeFileSync(path, matrix.toNpy());
    const file = NpyFile.open(path);
    expect([file.rows, file.columns]).toEqual([1500, 64]);
    expect(await computeNearestNeighbours(file, { pool, k: 5, memoryLimitBytes })).toEqual(
      await computeNearestNeighbours(matrix, { pool, k: 5 }),
    );
  });

  it('may hold float64', async () => {
    const path = join(temporaryFolder(), 'vectors.npy');
    const values = Float64Array.from(matrix.data);
    const header = Buffer.from(matrix.toNpy().subarray(0, 128)).toString('latin1').replace('<f4', '<f8');
    writeFileSync(path, Buffer.concat([Buffer.from(header, 'latin1'), Buffer.from(values.buffer)]));
    expect(await computeSimilarityEdges(NpyFile.open(path), { pool, threshold: 0.3 })).toEqual(
      await computeSimilarityEdges(matrix, { pool, threshold: 0.3 }),
    );
  });

  it('with a number that is not finite is refused with its place', async () => {
    const path = join(temporaryFolder(), 'vectors.npy');
    const bytes = matrix.toNpy();
    new DataView(bytes.buffer).setFloat32(128 + (700 * 64 + 3) * 4, Number.NaN, true);
    writeFileSync(path, bytes);
    const call = computeSimilarityEdges(NpyFile.open(path), { pool, threshold: 0.5 });
    await expect(call).rejects.toThrow(`${path}: row 700, column 3: expected a finite float32, received NaN`);
  });

  it('that is shorter than its header says, or no such file, is refused by name', () => {
    const path = join(temporaryFolder(), 'vectors.npy');
    writeFileSync(path, matrix.toNpy().subarray(0, 1000));
    expect(() => NpyFile.open(path)).toThrow(
      `${path}: shape (1500, 64) of float32 needs 384000 bytes of data, found 872`,
    );
    expect(() => NpyFile.open('nowhere.npy')).toThrow(/^nowhere.npy: ENOENT/);
  });
});
