import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ComputePool, jobStep, runConcurrent, settleConcurrent, workerStep } from '../../src/main/index.js';

const fixture = (name: string) => new URL(`../fixtures/workers/${name}`, import.meta.url);
const pool = new ComputePool({ threads: 2 });
afterAll(() => pool.close());

describe('workerStep', () => {
  it('runs a function of the user’s in the pool, by URL or path', async () => {
    const byUrl = workerStep<number, number>(fixture('functions.mjs'), 'double', { pool });
    expect(await runConcurrent([1, 2, 3], byUrl)).toEqual([2, 4, 6]);
    const byPath = workerStep<number, number>(fileURLToPath(fixture('functions.mjs')), 'double', { pool });
    expect(await runConcurrent(new Set([5]), byPath)).toEqual([10]);
  });

  it('works beside functions that run here, in one and the same kind of call', async () => {
    const double = workerStep<number, number>(fixture('functions.mjs'), 'double', { pool });
    const step = async (n: number, context: Parameters<typeof double>[1]) => (await double(n, context)) + 1;
    expect(await runConcurrent([1, 2], step)).toEqual([3, 5]);
  });

  it('reports the error of one item and goes on', async () => {
    const step = workerStep<unknown, unknown>(fixture('functions.mjs'), 'dieIf', { pool });
    const inputs = Array.from({ length: 20 }, (_, index) => ({ index, victim: 7, way: 'exit' }));
    const outcomes = await settleConcurrent(inputs, step);
    expect(outcomes.filter(({ state }) => state === 'failed').map(({ index }) => index)).toEqual([7]);
    expect(outcomes[7]).toMatchObject({ error: { code: 'MILLRACE_WORKER_CRASHED' } });
  });

  it('passes an abort on to the worker', async () => {
    const seen = new Int32Array(new SharedArrayBuffer(8));
    const controller = new AbortController();
    const step = workerStep<object, void>(fixture('functions.mjs'), 'spinUntilCancelled', { pool });
    const run = runConcurrent(
      [{ seen }],
      (input, context) => {
        setImmediate(() => controller.abort('enough'));
        return step(input, context);
      },
      { signal: controller.signal },
    );
    await expect(run).rejects.toBe('enough');
  });
});

describe('a worker file that can’t load', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'millrace-'));
    await writeFile(join(folder, 'syntax-error.mjs'), 'export const = ;\n');
    await writeFile(join(folder, 'no-such-import.mjs'), "import 'no-such-package-anywhere';\n");
    await writeFile(join(folder, 'worker.ts'), 'export const double = (x: number) => 2 * x;\n');
    await writeFile(join(folder, 'worker.json'), '{}');
    await writeFile(join(folder, 'throws-null.mjs'), 'throw null;\n');
    await writeFile(join(folder, 'throws-undefined.mjs'), 'throw undefined;\n');
  });
  afterAll(() => rm(folder, { recursive: true }));

  const refused = (file: string | URL, exportName = 'double') => {
    try {
      workerStep(file, exportName);
    } catch (error) {
      return error;
    }
    return undefined;
  };

  it.each([
    ['syntax-error.mjs', /Unexpected token/],
    ['no-such-import.mjs', /Cannot find package 'no-such-package-anywhere'/],
    ['absent.mjs', /there is no such file/],
    ['worker.ts', /TypeScript files do not load in worker threads on Node 20: build it first/],
    ['throws-null.mjs', /it threw null/],
    ['throws-undefined.mjs', /it threw undefined/],
    ['worker.json', /expected one of \.js, \.mjs, \.cjs, received "\.json"/],
  ])('is refused at construction: %s', (name, message) => {
    const path = join(folder, name);
    expect(refused(path)).toMatchObject({
      code: 'MILLRACE_WORKER_FILE',
      message: expect.stringMatching(message),
    });
    expect((refused(path) as Error).message).toContain(name);
  });

  it.each([
    ['broken-import.mjs', 'double', /this module never loads/],
    ['exits-at-import.mjs', 'double', /ended the thread while it was loading/],
    ['functions.mjs', 'triple', /does not export a function "triple" \(it exports .*double/],
    ['functions.mjs', 'notAFunction', /does not export a function "notAFunction"/],
  ])('is refused at construction: %s, %s', (name, exportName, message) => {
    expect(refused(fixture(name), exportName)).toMatchObject({
      code: 'MILLRACE_WORKER_FILE',
      message: expect.stringMatching(message),
    });
  });

  it('keeps what the file threw as the cause', () => {
    expect(refused(fixture('broken-import.mjs'))).toMatchObject({
      cause: { message: 'this module never loads' },
    });
  });
});

it('lets the process end when the shared pool is idle', async () => {
  const script = `
    import { computeSimilarityMatrix } from ${JSON.stringify(new URL('../../dist/main/index.js', import.meta.url).href)};
    const matrix = await computeSimilarityMatrix([[1, 0], [0.6, 0.8]]);
    console.log(JSON.stringify([...matrix.data].map((value) => Math.round(value * 10) / 10)));
  `;
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', script], {
    timeout: 20_000,
  });
  expect(JSON.parse(stdout)).toEqual([1, 0.6, 0.6, 1]);
});

it('runs jobs as steps', async () => {
  const url = fixture('functions.mjs').href;
  const inputs = [1, 2, 3].map((input) => ({ url, exportName: 'double', input }));
  expect(await runConcurrent(inputs, jobStep(pool, 'user-function'))).toEqual([2, 4, 6]);
});
