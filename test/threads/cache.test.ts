import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { Worker } from 'node:worker_threads';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  ComputePool,
  openLmdbStore,
  runConcurrent,
  settleConcurrent,
  ThreadSafeCache,
  workerStep,
} from '../../src/main/index.js';

const fixture = new URL('../fixtures/workers/functions.mjs', import.meta.url);
const dist = (path: string) => new URL(`../../dist/${path}`, import.meta.url).href;
const pool = new ComputePool({ threads: 4 });
afterAll(() => pool.close());

const counter = () => new Int32Array(new SharedArrayBuffer(4));
const request = (key: string, loads: Int32Array) => ({ key, loads, value: `${key}!` });

describe('ThreadSafeCache in worker threads', () => {
  it('gives every operation to the functions of a worker step', async () => {
    const cache = new ThreadSafeCache();
    const step = workerStep<string, object>(fixture, 'useCache', { pool, cache });
    const [seen] = await runConcurrent(['key'], step);
    const value = { from: 'worker', bytes: new Uint8Array([1, 2]) };
    expect(seen).toEqual({
      before: false,
      after: value,
      nothing: true,
      deleted: false,
      failure: 'RangeError E_NO',
    });
    expect(await cache.get('key')).toEqual(value);
    await cache.close();
  });

  it('lets one thread load what many want', async () => {
    const cache = new ThreadSafeCache<string>();
    const step = workerStep<object, string>(fixture, 'throughCache', { pool, cache });
    const loads = counter();
    const inputs = Array.from({ length: 40 }, (_, n) => request(`key-${n % 4}`, loads));
    const results = await runConcurrent(inputs, step, { concurrency: 8 });
    expect(results).toEqual(inputs.map(({ value }) => value));
    expect(loads[0]).toBe(4);
    expect(cache.stats()).toMatchObject({ entries: 4, misses: 4 });
    const here = await cache.getOrLoad('key-1', () => expect.fail());
    expect(here).toBe('key-1!');
    await cache.close();
  });

  it('lets others load what a thread was loading when it died', async () => {
    const cache = new ThreadSafeCache<string>();
    const step = workerStep<object, string>(fixture, 'throughCache', { pool, cache });
    const loads = counter();
    const inputs = Array.from({ length: 4 }, () => ({ ...request('key', loads), crash: true }));
    const outcomes = await settleConcurrent(inputs, step, { concurrency: 4 });
    const states = outcomes.map(({ state }) => state).sort();
    expect(states).toEqual(['done', 'done', 'done', 'failed']);
    expect(loads[0]).toBe(2);
    expect(await cache.get('key')).toBe('key!');
    await cache.close();
  });

  it('leaves no port open, whatever becomes of the items', async () => {
    const cache = new ThreadSafeCache<string>();
    const step = workerStep<object, string>(fixture, 'throughCache', { pool, cache });
    const controller = new AbortController();
    const inputs = Array.from({ length: 50 }, (_, n) => request(`key-${n}`, counter()));
    const run = runConcurrent(inputs, step, { concurrency: 50, signal: controller.signal });
    const stopped = new Error('stop');
    setTimeout(() => controller.abort(stopped), 10);
    await expect(run).rejects.toBe(stopped);
    await runConcurrent(inputs, step, { concurrency: 50 });
    const { served } = (cache as unknown as { ports: { served: Set<unknown> } }).ports;
    await expect.poll(() => served.size).toBe(0);
    await cache.close();
  });

  it('serves worker threads of the caller’s own, and keeps neither side alive', async () => {
    const cache = new ThreadSafeCache<number>();
    await cache.set('known', 41);
    const code = `
      import { parentPort, workerData } from 'node:worker_threads';
      import { connectCache } from '${dist('main/index.js')}';
      const cache = connectCache(workerData.port);
      await cache.set('sum', (await cache.get('known')) + 1);`;
    const port = cache.connect();
    const source = new URL(`data:text/javascript,${encodeURIComponent(code)}`);
    const worker = new Worker(source, { workerData: { port }, transferList: [port] });
    const exit = await new Promise((resolve, reject) => {
      worker.on('error', reject).on('exit', resolve);
    });
    expect(exit).toBe(0);
    expect(await cache.get('sum')).toBe(42);
    await cache.close();
  });
});

describe('openLmdbStore', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'millrace-cache-'));
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  it('keeps values of every kind for the next process', async () => {
    const path = join(folder, 'values');
    const code = `
      import { openLmdbStore, ThreadSafeCache } from '${dist('main/index.js')}';
      const cache = new ThreadSafeCache({ store: await openLmdbStore(process.argv[1]), version: '1' });
      await cache.getOrLoad('map', () => new Map([['bytes', new Uint8Array([7])]]));
      await cache.getOrLoad('k'.repeat(5000), () => undefined);`;
    const script = `${code}\nawait cache.close();`;
    await promisify(execFile)(process.execPath, ['--input-type=module', '-e', script, path]);
    const cache = new ThreadSafeCache({ store: await openLmdbStore(path), version: '1' });
    expect(await cache.getOrLoad('map', () => expect.fail())).toEqual(
      new Map([['bytes', new Uint8Array([7])]]),
    );
    expect(await cache.has('k'.repeat(5000))).toBe(true);
    expect(await cache.getOrLoad('k'.repeat(5000), () => expect.fail())).toBeUndefined();
    await cache.close();
    const other = new ThreadSafeCache({ store: await openLmdbStore(path), version: '2' });
    expect(await other.has('map')).toBe(false);
    await other.delete('map');
    expect(other.stats()).toMatchObject({ storeErrors: 0 });
    await other.close();
  });

  it('says what to install where lmdb is absent', async () => {
    const script = `
      import { register } from 'node:module';
      register('data:text/javascript,' + encodeURIComponent(\`
        export async function resolve(name, context, next) {
          if (name === 'lmdb') throw new Error('no such package');
          return next(name, context);
        }\`));
      const { openLmdbStore } = await import('${dist('main/index.js')}');
      try { await openLmdbStore('x'); } catch (error) { console.log(error.code, error.message); }`;
    const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', script], {
      cwd: fileURLToPath(new URL('.', import.meta.url)),
    });
    expect(stdout).toContain(
      'MILLRACE_MISSING_PACKAGE openLmdbStore needs the package "lmdb" (npm install lmdb)',
    );
  });
});
