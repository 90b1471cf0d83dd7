import {
  appendFileSync,
  copyFileSync,
  existsSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import type { Worker } from 'node:worker_threads';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { ComputePool } from '../../src/main/compute/compute-pool.js';
import { mergeSimilarityShards } from '../../src/main/compute/merge-shards.js';
import {
  computeCrossSimilarity,
  computeNearestNeighbours,
  computeSimilarityEdges,
  computeSimilarityMatrix,
} from '../../src/main/compute/similarity.js';
import { writeSimilarityMatrix } from '../../src/main/compute/similarity-file.js';
import type { SimilarityIdentity } from '../../src/main/compute/similarity-identity.js';
import { writeSimilarityShard } from '../../src/main/compute/similarity-shard.js';
import { createLog, readLogHeader, readRecords } from '../../src/main/files/record-log.js';
import { NpyFile } from '../../src/shared/npy-file.js';
import { mulberry32 } from '../../src/shared/random.js';
import { SharedMatrix } from '../../src/shared/shared-matrix.js';
import { type OraclePair, oraclePairs, randomMatrix } from '../helpers/similarity-oracle.js';
import { temporaryFolder } from '../helpers/temporary-folder.js';

const pool = new ComputePool({ threads: 2 });
const alone = new ComputePool({ threads: 1 });
afterAll(async () => {
  await pool.close();
  await alone.close();
});

const SOAK = process.env.MILLRACE_SOAK === '1';

/** Small whole numbers: duplicates, ties and rows of zeros are frequent, and sums are exact. */
function tiedMatrix(rows: number, columns: number, seed: number): SharedMatrix {
  const random = mulberry32(seed);
  const values = Float32Array.from({ length: rows * columns }, () => Math.floor(random() * 5) - 2);
  return SharedMatrix.fromFlat(values, columns);
}

type Metric = 'cosine' | 'dot' | 'euclidean';
type Mode = { threshold: number; maxDegree?: number } | { k: number } | { kernel: 'simd-float32' };

/** The bytes of a result, whatever it is, so that they can be compared. */
async function shardBytes(paths: string[]): Promise<Buffer> {
  const merged = await mergeSimilarityShards(paths);
  if (merged.mode === 'edges') return edgeBytes(merged.edges);
  if (merged.mode === 'neighbours') return neighbourBytes(merged.neighbours);
  const out = join(temporaryFolder(), 'merged.npy');
  await merged.write(out);
  return readFileSync(out);
}

async function bytesOfOneRun(matrix: SharedMatrix, metric: Metric, mode: Mode): Promise<Buffer> {
  const options = { pool, metric };
  if ('threshold' in mode) return edgeBytes(await computeSimilarityEdges(matrix, { ...options, ...mode }));
  if ('k' in mode) return neighbourBytes(await computeNearestNeighbours(matrix, { ...options, ...mode }));
  const out = join(temporaryFolder(), 'one.npy');
  await writeSimilarityMatrix(matrix, out, { ...options, ...mode });
  return readFileSync(out);
}

function edgeBytes({ source, target, similarity }: Awaited<ReturnType<typeof computeSimilarityEdges>>) {
  return columnBytes(source, target, similarity);
}
function neighbourBytes({ indices, similarities }: Awaited<ReturnType<typeof computeNearestNeighbours>>) {
  return columnBytes(indices, similarities);
}
function columnBytes(...columns: (Uint32Array | Float32Array)[]): Buffer {
  return Buffer.concat(columns.map((each) => new Uint8Array(each.buffer, each.byteOffset, each.byteLength)));
}

/** What the oracle says to a search, in the same bytes. */
function oracleBytes(pairs: readonly OraclePair[], rows: number, metric: Metric, mode: Mode): Buffer {
  const value = (quality: number) => (metric === 'euclidean' ? 0 - quality : quality);
  const byRow = (all: readonly OraclePair[]) => {
    const lists = Array.from({ length: rows }, (): [number, number][] => []);
    for (const [i, j, quality] of all) {
      lists[i]!.push([j, quality]);
      lists[j]!.push([i, quality]);
    }
    return lists.map((list) => list.sort((a, b) => b[1] - a[1] || a[0] - b[0]));
  };
  if ('threshold' in mode) {
    const floor = value(Math.fround(mode.threshold));
    let edges = pairs.filter(([, , quality]) => quality >= floor);
    if (mode.maxDegree !== undefined) {
      const best = byRow(edges).map((list) => new Set(list.slice(0, mode.maxDegree).map(([other]) => other)));
      edges = edges.filter(([i, j]) => best[i]!.has(j) && best[j]!.has(i));
    }
    return columnBytes(
      Uint32Array.from(edges, ([i]) => i),
      Uint32Array.from(edges, ([, j]) => j),
      Float32Array.from(edges, ([, , quality]) => value(quality)),
    );
  }
  const lists = byRow(pairs).flatMap((list) => list.slice(0, (mode as { k: number }).k));
  return columnBytes(
    Uint32Array.from(lists, ([other]) => other),
    Float32Array.from(lists, ([, quality]) => value(quality)),
  );
}

/** A call that is ended after so many tiles. */
async function ended(tiles: number, call: (options: object) => Promise<unknown>): Promise<boolean> {
  const controller = new AbortController();
  let seen = 0;
  const progress = () => {
    if (++seen >= tiles) controller.abort('enough');
  };
  try {
    await call({ signal: controller.signal, progress });
    return false;
  } catch (error) {
    expect(error).toBe('enough');
    return true;
  }
}

const search = fc.record({
  rows: fc.oneof(
    fc.constantFrom(0, 1, 2, 239, 240, 241, 480, 720),
    fc.integer({ min: 3, max: SOAK ? 1200 : 800 }),
  ),
  columns: fc.integer({ min: 1, max: 9 }),
  seed: fc.nat(),
  metric: fc.constantFrom<Metric>('cosine', 'dot', 'euclidean'),
  what: fc.constantFrom('edges', 'capped', 'neighbours', 'matrix'),
  count: fc.integer({ min: 1, max: 12 }),
  k: fc.integer({ min: 1, max: 12 }),
});

function modeOf(what: string, metric: Metric, k: number): Mode {
  const threshold = { cosine: 0.8, dot: 6, euclidean: 2 }[metric];
  if (what === 'matrix') return { kernel: 'simd-float32' };
  if (what === 'neighbours') return { k };
  return what === 'capped' ? { threshold, maxDegree: k } : { threshold };
}

describe('shards', () => {
  it(
    `make the oracle’s bytes, and those of one run, whatever ended them and tore them${SOAK ? ' (soak)' : ''}`,
    async () => {
      await fc.assert(
        fc.asyncProperty(search, async ({ rows, columns, seed, metric, what, count, k }) => {
          const matrix = tiedMatrix(rows, columns, seed);
          const random = mulberry32(seed);
          const mode = modeOf(what, metric, k);
          const folder = temporaryFolder();
          const paths: string[] = [];
          for (let index = count; index >= 1; index--) {
            const path = join(folder, `part-${index}.shard`);
            // Machines differ in threads, memory and, where it makes no difference, in kernels.
            const options = {
              metric,
              shard: { index, count },
              pool: random() < 0.5 ? pool : alone,
              ...(random() < 0.5 && { memoryLimitBytes: 3_000_000 }),
              ...(random() < 0.3 && { kernel: 'simd-float32' as const }),
              ...mode,
            };
            const write = (more: object) => writeSimilarityShard(matrix, path, { ...options, ...more });
            while (random() < 0.6 && (await ended(1 + Math.floor(random() * 3), write))) {
              const { end } = (await readLogHeader(path))!;
              const { size } = statSync(path);
              if (random() < 0.5) truncateSync(path, end + Math.floor(random() * (size - end)));
            }
            await write({});
            paths.push(path);
          }
          const found = await shardBytes(paths);
          expect(Buffer.compare(found, await bytesOfOneRun(matrix, metric, mode))).toBe(0);
          if (what === 'matrix') return;
          const expected = oracleBytes(oraclePairs(metric, matrix), rows, metric, mode);
          expect(Buffer.compare(found, expected)).toBe(0);
          expect(readdirSync(folder)).toHaveLength(count);
        }),
        { numRuns: SOAK ? 1500 : 25 },
      );
    },
    SOAK ? 3_600_000 : undefined,
  );

  it('leave out excluded pairs, which the merge need not know', async () => {
    const matrix = tiedMatrix(500, 4, 1);
    const all = oraclePairs('cosine', matrix).filter(([, , quality]) => quality >= Math.fround(0.9));
    const excludePairs = all.filter((_pair, at) => at % 3 === 0).map(([i, j]): [number, number] => [j, i]);
    const rest = all.filter((_pair, at) => at % 3 !== 0);
    const folder = temporaryFolder();
    const paths = [1, 2].map((index) => join(folder, `${index}.shard`));
    const options = { pool, threshold: 0.9, maxDegree: 4 };
    for (const [at, path] of paths.entries()) {
      const shard = { index: at + 1, count: 2 };
      await writeSimilarityShard(matrix, path, { ...options, excludePairs, shard });
    }
    const expected = oracleBytes(rest, 500, 'cosine', options);
    expect(Buffer.compare(await shardBytes(paths), expected)).toBe(0);
    const other = writeSimilarityShard(matrix, paths[0]!, {
      ...options,
      excludePairs: excludePairs.slice(1),
      shard: { index: 1, count: 2 },
    });
    await expect(other).rejects.toThrow(
      `excludedPairs is ${excludePairs.length}, expected ${excludePairs.length - 1} for this run`,
    );
  });

  it('that are complete are not computed again', async () => {
    const path = join(temporaryFolder(), 'part.shard');
    const matrix = randomMatrix(700, 8, 2);
    const options = { k: 3, pool, shard: { index: 2, count: 3 } };
    expect(await writeSimilarityShard(matrix, path, options)).toEqual({ tiles: 2 });
    const bytes = readFileSync(path);
    const done: number[] = [];
    await writeSimilarityShard(matrix, path, { ...options, progress: (report) => done.push(report.done) });
    expect(done).toEqual([2]);
    expect(Buffer.compare(readFileSync(path), bytes)).toBe(0);
  });

  it.each([
    [{ index: 0, count: 2 }, /option "shard.index": expected a whole number of at least 1/],
    [{ index: 3, count: 2 }, /option "shard": expected an index from 1 to count/],
    [{ index: 1.5, count: 2 }, /option "shard.index"/],
    ['1/2', /option "shard": expected \{ index, count \}/],
  ])('refuse to be %o', async (shard, message) => {
    const path = join(temporaryFolder(), 'x.shard');
    const call = writeSimilarityShard([[1]], path, {
      k: 1,
      shard: shard as { index: number; count: number },
    });
    await expect(call).rejects.toThrow(message);
    expect(existsSync(path)).toBe(false);
  });
});

describe('a merge refuses, naming the file,', () => {
  const matrix = randomMatrix(700, 8, 3);
  /** Four shards of one computation, and one of any other. */
  async function shards() {
    const folder = temporaryFolder();
    const paths = [1, 2, 3, 4].map((index) => join(folder, `part-${index}.shard`));
    for (const [at, path] of paths.entries()) {
      await writeSimilarityShard(matrix, path, {
        threshold: 0.5,
        pool: alone,
        shard: { index: at + 1, count: 4 },
      });
    }
    return paths;
  }
  const merge = (paths: readonly string[]) => expect(mergeSimilarityShards(paths)).rejects;
  const bad = (message: string | RegExp) => ({
    code: 'MILLRACE_INVALID_INPUT',
    message: typeof message === 'string' ? message : expect.stringMatching(message),
  });

  it('shards that are missing', async () => {
    const [one, two, , four] = await shards();
    await merge([one!, two!, four!]).toMatchObject(bad('of 4 shards 3 is missing'));
    await merge([two!]).toMatchObject(bad('of 4 shards 1, 3, 4 are missing'));
    await merge([]).toMatchObject({ code: 'MILLRACE_INVALID_ARGUMENT' });
    const absent = `${one}.gone`;
    await merge([one!, absent]).toMatchObject(
      bad(`${absent}: no such file, or an empty one, expected a shard`),
    );
  });

  it('a shard that is there twice', async () => {
    const [one, two, three, four] = await shards();
    copyFileSync(two!, `${two}.copy`);
    const message = `${two}.copy: shard 2 of 4 once more: it is in ${two}`;
    await merge([one!, two!, `${two}.copy`, three!, four!]).toMatchObject(bad(message));
  });

  it('shards of other vectors, other options, another count or another mode', async () => {
    const paths = await shards();
    const changed = randomMatrix(700, 8, 3);
    changed.data[3000]! += 1;
    const common = { threshold: 0.5, pool, shard: { index: 2, count: 4 } };
    const others: [SharedMatrix, object, RegExp][] = [
      [changed, common, /numbersSha256 is \w{64}, expected \w{64} as in .*part-1/],
      [randomMatrix(699, 8, 3), common, /rows is 699, expected 700 as in .*part-1/],
      [matrix, { ...common, threshold: 0.6 }, /threshold is 0.6, expected 0.5 as in .*part-1/],
      [matrix, { ...common, maxDegree: 3 }, /maxDegree is 3, expected absent as in .*part-1/],
      [matrix, { ...common, metric: 'dot' }, /metric is dot, expected cosine as in .*part-1/],
      [matrix, { ...common, excludePairs: [[1, 2]] }, /excludedPairs is 1, expected absent as in .*part-1/],
      [matrix, { ...common, shard: { index: 2, count: 5 } }, /shards is 5, expected 4 as in .*part-1/],
      [matrix, { k: 3, pool, shard: common.shard }, /mode is neighbours, expected edges as in .*part-1/],
    ];
    for (const [at, [rows, options, message]] of others.entries()) {
      const path = join(temporaryFolder(), `other-${at}.shard`);
      await writeSimilarityShard(rows, path, options as typeof common);
      await merge([paths[0]!, path, paths[2]!, paths[3]!]).toMatchObject(bad(message));
      await merge([paths[0]!, path, paths[2]!, paths[3]!]).toMatchObject(bad(new RegExp(`^${path}: `)));
    }
  });

  it('a matrix of two kernels, or of machines that round otherwise', async () => {
    const folder = temporaryFolder();
    const paths = [1, 2].map((index) => join(folder, `${index}.shard`));
    for (const [at, path] of paths.entries()) {
      const shard = { index: at + 1, count: 2 };
      await writeSimilarityShard(matrix, path, { pool, kernel: 'simd-float32', shard });
    }
    const bytes = readFileSync(paths[1]!);
    const { header, end } = (await readLogHeader<SimilarityIdentity>(paths[1]!))!;
    for (const other of [{ kernel: 'relaxed-float32' }, { rounding: '12345678' }]) {
      await createLog(paths[1]!, { ...header, ...other });
      appendFileSync(paths[1]!, bytes.subarray(end));
      const [[name, value]] = Object.entries(other) as [['kernel' | 'rounding', string]];
      await merge(paths).toMatchObject(
        bad(
          `${paths[1]}: it belongs to another computation: ${name} is ${value}, expected ${header[name]} as in ${paths[0]}`,
        ),
      );
    }
  });

  it('a shard of a matrix that is gone before the matrix is written', async () => {
    const folder = temporaryFolder();
    const path = join(folder, 'part.shard');
    const shard = { index: 1, count: 1 };
    await writeSimilarityShard(randomMatrix(10, 4, 1), path, { pool, shard });
    const merged = await mergeSimilarityShards([path]);
    rmSync(path);
    if (merged.mode !== 'matrix') throw new Error(`expected a matrix, received ${merged.mode}`);
    await expect(merged.write(join(folder, 'out.npy'))).rejects.toMatchObject({
      code: 'MILLRACE_UNREADABLE_INPUT',
      message: expect.stringContaining(path),
    });
    expect(readdirSync(folder)).toEqual([]);
  });

  it('a shard that is not finished, torn or damaged, and the command that wrote it mends it', async () => {
    const paths = await shards();
    const second = paths[1]!;
    const whole = readFileSync(second);
    const { end } = (await readLogHeader(second))!;
    const rewrite = () =>
      writeSimilarityShard(matrix, second, { threshold: 0.5, pool: alone, shard: { index: 2, count: 4 } });
    truncateSync(second, end);
    await merge(paths).toMatchObject(
      bad(
        `${second}: shard 2 of 4 is not finished: 0 of 2 tiles are done; the command that wrote it goes on with it`,
      ),
    );
    for (const damage of [
      () => truncateSync(second, whole.length - 1),
      () => writeFileSync(second, Buffer.concat([whole, Buffer.from('more')])),
      () =>
        writeFileSync(
          second,
          whole.map((byte, at) => (at === end + 20 ? byte ^ 4 : byte)),
        ),
    ]) {
      damage();
      await merge(paths).toMatchObject(
        bad(/part-2.shard: shard 2 of 4 is damaged or torn behind byte \d+ of \d+/),
      );
      await rewrite();
      expect(Buffer.compare(readFileSync(second), whole)).toBe(0);
    }
    expect((await mergeSimilarityShards(paths)).mode).toBe('edges');
  });

  it('what is no shard', async () => {
    const paths = await shards();
    const vectors = join(temporaryFolder(), 'vectors.npy');
    writeFileSync(vectors, matrix.toNpy());
    await merge([...paths, vectors]).toMatchObject(
      bad(`${vectors}: no log: it does not begin with "millrace log"`),
    );
  });
});

describe('a checkpoint', () => {
  const matrix = randomMatrix(2000, 16, 4);
  const calls = {
    edges: (options: object) => computeSimilarityEdges(matrix, { pool, threshold: 0.5, ...options }),
    capped: (options: object) =>
      computeSimilarityEdges(matrix, { pool, threshold: 0.3, maxDegree: 5, ...options }),
    neighbours: (options: object) => computeNearestNeighbours(matrix, { pool, k: 6, ...options }),
    'neighbours in another set': (options: object) =>
      computeCrossSimilarity(matrix, randomMatrix(900, 16, 5), { pool, k: 6, ...options }),
  };

  it.each(Object.entries(calls))('lets an ended call go on, for the same result: %s', async (_name, call) => {
    const checkpoint = join(temporaryFolder(), 'run.log');
    const expected = await call({});
    for (let round = 0; round < 3; round++) {
      expect(await ended(7, (options) => call({ ...options, checkpoint }))).toBe(true);
    }
    const reports: { done: number; total?: number; msLeft?: number }[] = [];
    const found = await call({ checkpoint, progress: (report: (typeof reports)[0]) => reports.push(report) });
    expect(found).toEqual(expected);
    // What was done before counts, and no tile was done twice.
    const [first] = reports;
    expect(first!.done).toBeGreaterThanOrEqual(7 + 6 + 6);
    expect(first!.msLeft).toBeUndefined();
    expect(reports.map(({ done }) => done)).toEqual(
      Array.from({ length: first!.total! - first!.done + 1 }, (_, at) => first!.done + at),
    );
    expect(await call({ checkpoint, progress: () => {} })).toEqual(expected);
  });

  it('is refused by another computation, by name, and left as it is', async () => {
    const checkpoint = join(temporaryFolder(), 'run.log');
    await calls.edges({ checkpoint });
    const bytes = readFileSync(checkpoint);
    const common = { pool, checkpoint };
    for (const [call, what] of [
      [() => computeSimilarityEdges(matrix, { ...common, threshold: 0.6 }), 'threshold is 0.5, expected 0.6'],
      [() => computeNearestNeighbours(matrix, { ...common, k: 6 }), 'mode is edges, expected neighbours'],
      [
        () => computeSimilarityEdges(randomMatrix(2000, 16, 5), { ...common, threshold: 0.5 }),
        'numbersSha256 is',
      ],
      [
        () => computeCrossSimilarity(matrix, matrix, { ...common, threshold: 0.5 }),
        'otherRows is absent, expected 2000',
      ],
    ] as const) {
      await expect(call()).rejects.toMatchObject({
        code: 'MILLRACE_INVALID_INPUT',
        message: expect.stringContaining(`${checkpoint}: it belongs to another computation: ${what}`),
      });
    }
    expect(Buffer.compare(readFileSync(checkpoint), bytes)).toBe(0);
  });

  it('is the same for a matrix in memory and in a file, and for another kernel and limit', async () => {
    const folder = temporaryFolder();
    const [checkpoint, path] = [join(folder, 'run.log'), join(folder, 'vectors.npy')];
    writeFileSync(path, matrix.toNpy());
    const expected = await calls.neighbours({});
    await ended(9, (options) => calls.neighbours({ ...options, checkpoint }));
    const limited = { pool: alone, k: 6, memoryLimitBytes: 2_000_000, kernel: 'simd-float32' } as const;
    expect(await computeNearestNeighbours(NpyFile.open(path), { ...limited, checkpoint })).toEqual(expected);
  });

  it('has each tile once, whichever worker dies', async () => {
    const checkpoint = join(temporaryFolder(), 'run.log');
    const expected = await calls.neighbours({});
    const own = new ComputePool({ threads: 2 });
    const { piscina } = own as unknown as { piscina: { threads: Worker[] } };
    let tiles = 0;
    const progress = ({ done, total }: { done: number; total?: number }) => {
      tiles = total!;
      if (done % 15 === 10) void piscina.threads[0]!.terminate();
    };
    expect(await calls.neighbours({ pool: own, checkpoint, progress })).toEqual(expected);
    await own.close();
    const { end } = (await readLogHeader(checkpoint))!;
    const logged: number[] = [];
    for await (const { tile } of readRecords(checkpoint, end, undefined)) logged.push(tile);
    expect(logged.sort((a, b) => a - b)).toEqual(Array.from({ length: tiles }, (_, tile) => tile));
    expect(await calls.neighbours({ checkpoint })).toEqual(expected);
  });

  it('is for one call at a time', async () => {
    const checkpoint = join(temporaryFolder(), 'run.log');
    const calls2 = await Promise.allSettled([calls.edges({ checkpoint }), calls.edges({ checkpoint })]);
    const refused = calls2.filter(({ status }) => status === 'rejected') as PromiseRejectedResult[];
    expect(refused).toHaveLength(1);
    expect(refused[0]!.reason).toMatchObject({ code: 'MILLRACE_LOCKED', category: 'retryable' });
    expect(await calls.edges({ checkpoint })).toEqual(await calls.edges({}));
  });

  it('that can’t be written ends the call with its name', async () => {
    const checkpoint = join(temporaryFolder(), 'no', 'run.log');
    await expect(calls.edges({ checkpoint })).rejects.toMatchObject({
      code: 'MILLRACE_OUTPUT_FAILED',
      message: expect.stringContaining(checkpoint),
    });
  });

  it('does not keep an abort from being quick', async () => {
    const checkpoint = join(temporaryFolder(), 'run.log');
    const large = randomMatrix(12_000, 128, 6);
    const controller = new AbortController();
    let abortedMs = 0;
    const progress = ({ done }: { done: number }) => {
      if (done < 20 || abortedMs > 0) return;
      abortedMs = performance.now();
      controller.abort('enough');
    };
    const call = computeNearestNeighbours(large, {
      pool,
      k: 5,
      checkpoint,
      progress,
      signal: controller.signal,
    });
    await expect(call).rejects.toBe('enough');
    // Ten times what is promised, as a guard.
    expect(performance.now() - abortedMs).toBeLessThan(1000);
    expect(readdirSync(join(checkpoint, '..'))).toEqual(['run.log']);
  });
});

describe('a checkpoint of a matrix in a file', () => {
  const rows = 5000;
  const matrix = randomMatrix(rows, 4, 7);

  it('lets an ended call go on window by window, for the same bytes, and is gone in the end', async () => {
    const folder = temporaryFolder();
    const [out, checkpoint, whole] = ['out.npy', 'run.log', 'whole.npy'].map((name) =>
      join(folder, name),
    ) as [string, string, string];
    await writeSimilarityMatrix(matrix, whole, { pool, kernel: 'simd-float32' });
    const write = (options: object) => writeSimilarityMatrix(matrix, out, { pool, checkpoint, ...options });
    await ended(190, (options) => write({ ...options, kernel: 'simd-float32' }));
    expect(readdirSync(folder).sort()).toEqual([
      expect.stringMatching(/^\.out\.npy\.\w{12}\.partial$/),
      'run.log',
      'whole.npy',
    ]);
    await expect(write({ metric: 'dot' })).rejects.toThrow('metric is cosine, expected dot');
    const elsewhere = writeSimilarityMatrix(matrix, join(folder, 'else.npy'), { pool, checkpoint });
    await expect(elsewhere).rejects.toThrow(
      /run.log: .*: out is .*out.npy, expected .*else.npy for this run/,
    );
    // With less memory windows are smaller; without a choice the kernel is that of the first run.
    const done: number[] = [];
    await write({
      memoryLimitBytes: 3_000_000,
      progress: (report: { done: number }) => done.push(report.done),
    });
    expect(done[0]).toBeGreaterThan(0);
    expect(Buffer.compare(readFileSync(out), readFileSync(whole))).toBe(0);
    expect(readdirSync(folder).sort()).toEqual(['out.npy', 'whole.npy']);
  });

  it('begins anew where the unfinished file is gone', async () => {
    const folder = temporaryFolder();
    const [out, checkpoint] = [join(folder, 'out.npy'), join(folder, 'run.log')];
    const kernel = 'simd-float32';
    const write = (options: object) =>
      writeSimilarityMatrix(matrix, out, { pool, kernel, checkpoint, ...options });
    await ended(190, write);
    const unfinished = readdirSync(folder).find((name) => name.endsWith('.partial'))!;
    truncateSync(join(folder, unfinished), 1000);
    const done: number[] = [];
    await write({ progress: (report: { done: number }) => done.push(report.done) });
    expect(done[0]).toBe(1);
    const whole = (await computeSimilarityMatrix(matrix, { pool, kernel })).toNpy();
    expect(Buffer.compare(readFileSync(out), whole)).toBe(0);
  });
});
