import { getEventListeners } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { ComputePool, type ComputePoolOptions } from '../../src/main/compute/compute-pool.js';
import { embedLexically } from '../../src/main/compute/lexical-embedder.js';
import { computeNearestNeighbours, computeSimilarityEdges } from '../../src/main/compute/similarity.js';
import { ingestTranscripts } from '../../src/main/ingest/ingest-transcripts.js';
import { isMillraceError } from '../../src/shared/errors.js';
import { deferred } from '../helpers/deferred.js';
import { collected } from '../helpers/ingested.js';
import { randomMatrix } from '../helpers/similarity-oracle.js';
import { temporaryFolder } from '../helpers/temporary-folder.js';

const functions = new URL('../fixtures/workers/functions.mjs', import.meta.url).href;
const pools: ComputePool[] = [];

function makePool(options: ComputePoolOptions = { threads: 2 }): ComputePool {
  const pool = new ComputePool(options);
  pools.push(pool);
  return pool;
}

function call(
  pool: ComputePool,
  exportName: string,
  input?: unknown,
  options?: Parameters<ComputePool['run']>[2],
): Promise<unknown> {
  return pool.run('user-function', { url: functions, exportName, input }, options);
}

function words(count: number): Int32Array {
  return new Int32Array(new SharedArrayBuffer(4 * count));
}

/** Resolves once the shared word is no longer `value`. */
async function changed(shared: Int32Array, at: number, value: number): Promise<void> {
  const wait = Atomics as unknown as {
    waitAsync(words: Int32Array, at: number, value: number): { value: Promise<string> | string };
  };
  while (Atomics.load(shared, at) === value) await wait.waitAsync(shared, at, value).value;
}

function openGate(gate: Int32Array): void {
  Atomics.store(gate, 0, 1);
  Atomics.notify(gate, 0);
}

afterEach(async () => {
  for (const pool of pools.splice(0)) await pool.close();
});

describe('ComputePool', () => {
  it('gives each task its own result', async () => {
    const pool = makePool();
    const results = await Promise.all(Array.from({ length: 100 }, (_, i) => call(pool, 'double', i)));
    expect(results).toEqual(Array.from({ length: 100 }, (_, i) => 2 * i));
    expect(pool.stats()).toMatchObject({ threads: 2, running: 0, queued: 0, completed: 100, failed: 0 });
    expect(pool.stats().runMs.count).toBe(100);
    expect(pool.stats().utilisation).toBeGreaterThan(0);
  });

  it('refuses options that make no sense, naming option, value and range', () => {
    expect(() => makePool({ threads: 0 })).toThrow(/ComputePool: option "threads".*1 to 1024.*received 0/);
  });

  it('runs lower priority numbers first, and first in first out inside one', async () => {
    const pool = makePool({ threads: 1 });
    const gate = words(2);
    const log = words(10);
    const blocker = call(pool, 'waitAtGate', { gate, name: 'blocker' });
    await changed(gate, 1, 0);
    const order = [5, 1, 5, 0, 1].map((priority, number) =>
      call(pool, 'appendToLog', { log, number }, { priority }),
    );
    openGate(gate);
    await Promise.all([blocker, ...order]);
    expect([...log.subarray(1, 1 + log[0]!)]).toEqual([3, 1, 4, 0, 2]);
  });

  it('keeps name, code, message, stack and cause of an error', async () => {
    const error = (await call(makePool(), 'fail').catch((reason) => reason)) as RangeError & { code: string };
    expect(error).toBeInstanceOf(RangeError);
    expect(error).toMatchObject({ name: 'RangeError', code: 'E_QUESTION', message: 'out of the question' });
    expect(error.stack).toContain('functions.mjs');
    expect(error.cause).toBeInstanceOf(TypeError);
    expect((error.cause as Error).message).toBe('the reason behind it');
  });

  it('passes on thrown values that are no errors', async () => {
    await expect(call(makePool(), 'failWithValue')).rejects.toEqual({ answer: 42 });
  });

  it('says so when input or result cannot be sent between threads, and works on', async () => {
    const pool = makePool({ threads: 1 });
    await expect(call(pool, 'echo', () => {})).rejects.toMatchObject({ code: 'MILLRACE_NOT_CLONEABLE' });
    await expect(call(pool, 'makeFunction')).rejects.toMatchObject({ code: 'MILLRACE_NOT_CLONEABLE' });
    await expect(call(pool, 'double', 4)).resolves.toBe(8);
  });

  it.each([
    ['exit', 'MILLRACE_WORKER_CRASHED', /died.*code: 7/],
    ['throw', 'MILLRACE_WORKER_CRASHED', /thrown where nobody catches/],
    ['heap', 'MILLRACE_WORKER_OUT_OF_MEMORY', /ran out of memory/],
  ])('loses one of 1,000 tasks when a worker dies by %s, and works on', async (way, code, message) => {
    const pool = makePool({ threads: 2, resourceLimits: { maxOldGenerationSizeMb: 64 } });
    const settled = await Promise.allSettled(
      Array.from({ length: 1000 }, (_, index) => call(pool, 'dieIf', { index, victim: 500, way })),
    );
    const failures = settled.flatMap((result, index) =>
      result.status === 'rejected' ? [{ index, ...result }] : [],
    );
    expect(failures.map(({ index }) => index)).toEqual([500]);
    expect(isMillraceError(failures[0]!.reason)).toBe(true);
    expect(failures[0]!.reason).toMatchObject({ code, message: expect.stringMatching(message) });
    expect(
      settled.filter((result, index) => result.status === 'fulfilled' && result.value === index),
    ).toHaveLength(999);
    await expect(call(pool, 'double', 21)).resolves.toBe(42);
    expect(pool.stats()).toMatchObject({ threads: 2, completed: 1000, failed: 1 });
  });

  it('survives a worker that dies between tasks', async () => {
    const pool = makePool({ threads: 1 });
    await expect(call(pool, 'throwLater')).resolves.toBe('returned');
    // The death may hit the task that happens to run then, which says so; it hits no other, and nothing hangs.
    const failures: unknown[] = [];
    for (let i = 0; i < 20; i++) {
      await call(pool, 'double', i).then(
        (value) => expect(value).toBe(2 * i),
        (error) => failures.push(error),
      );
    }
    expect(failures.length).toBeLessThanOrEqual(1);
    for (const failure of failures) expect(failure).toMatchObject({ code: 'MILLRACE_WORKER_CRASHED' });
  });

  it('finishes all 200 queued tasks on close, then takes no more', async () => {
    const pool = makePool();
    const tasks = Array.from({ length: 200 }, (_, i) => call(pool, 'double', i));
    const closed = pool.close();
    await expect(call(pool, 'double', 1)).rejects.toMatchObject({ code: 'MILLRACE_POOL_CLOSED' });
    await closed;
    expect(await Promise.all(tasks)).toEqual(Array.from({ length: 200 }, (_, i) => 2 * i));
    await pool.close();
  });

  it('finishes calls of several jobs on close, too', async () => {
    const pool = makePool();
    const matrix = randomMatrix(500, 20, 1);
    const folder = temporaryFolder();
    const files = Array.from({ length: 20 }, (_, i) => ({
      path: join(folder, `${i}.txt`),
      source: `${i}.txt`,
    }));
    for (const { path } of files) writeFileSync(path, 'Some words that make a transcript.');
    const work = [
      computeSimilarityEdges(matrix, { threshold: 0.5, pool }),
      computeNearestNeighbours(matrix, { k: 3, pool }),
      embedLexically(['one text', 'another text'], { pool }),
    ] as const;
    const ingested = collected(ingestTranscripts(files, { pool }));
    await pool.close();
    const [edges, nearest, embeddings] = await Promise.all(work);
    expect([edges.length > 0, nearest.k, embeddings.rows]).toEqual([true, 3, 2]);
    expect((await ingested).failures).toEqual([]);
    await expect(computeNearestNeighbours(matrix, { k: 3, pool })).rejects.toMatchObject({
      code: 'MILLRACE_POOL_CLOSED',
    });
  });

  it('keeps to the heap that it is given', async () => {
    const small = makePool({ threads: 1, resourceLimits: { maxOldGenerationSizeMb: 32 } });
    await expect(call(small, 'holdNumbers', 20_000_000)).rejects.toMatchObject({
      code: 'MILLRACE_WORKER_OUT_OF_MEMORY',
    });
    await expect(call(makePool({ threads: 1 }), 'holdNumbers', 20_000_000)).resolves.toBe(20_000_000);
  });

  it('takes similarity calls by their priority', async () => {
    const pool = makePool({ threads: 1 });
    const matrix = randomMatrix(300, 8, 1);
    const order: string[] = [];
    const late = computeSimilarityEdges(matrix, { threshold: 0.9, pool, priority: 2 });
    const soon = computeSimilarityEdges(matrix, { threshold: 0.9, pool, priority: 1 });
    await Promise.all([late.then(() => order.push('late')), soon.then(() => order.push('soon'))]);
    expect(order).toEqual(['soon', 'late']);
  });

  it('stops a search for communities that is not wanted any more', async () => {
    const pool = makePool({ threads: 1 });
    const matrix = randomMatrix(3000, 8, 2);
    const edges = await computeSimilarityEdges(matrix, { threshold: 0.4, pool });
    const controller = new AbortController();
    const search = pool.run(
      'communities',
      { edges, nodes: 3000, options: {} },
      { signal: controller.signal },
    );
    setImmediate(() => controller.abort('enough'));
    await expect(search).rejects.toBe('enough');
    await expect(call(pool, 'double', 4)).resolves.toBe(8);
  });

  it('has one listener on a signal, however many tasks wait for it, and none in the end', async () => {
    const pool = makePool();
    const { signal } = new AbortController();
    const tasks = Array.from({ length: 50 }, (_, i) => call(pool, 'double', i, { signal }));
    expect(getEventListeners(signal, 'abort')).toHaveLength(1);
    await Promise.all(tasks);
    expect(getEventListeners(signal, 'abort')).toHaveLength(0);
  });

  it('closes itself at the end of its scope', async () => {
    let task: Promise<unknown>;
    {
      await using pool = new ComputePool({ threads: 1 });
      task = call(pool, 'double', 8);
      void task;
    }
    await expect(task).resolves.toBe(16);
  });

  it('changes its number of threads under load and loses nothing', async () => {
    const pool = makePool({ threads: 4 });
    const gate = words(2);
    const tasks: Promise<unknown>[] = [];
    for (const threads of [4, 1, 6, 2]) {
      pool.resize(threads);
      expect(pool.threads).toBe(threads);
      for (let i = 0; i < 100; i++) tasks.push(call(pool, 'double', tasks.length));
      await tasks.at(-1);
      expect(pool.stats().running).toBeLessThanOrEqual(threads);
    }
    expect(await Promise.all(tasks)).toEqual(tasks.map((_, i) => 2 * i));
    pool.resize(3);
    const waiting = [1, 2, 3].map((name) => call(pool, 'waitAtGate', { gate, name }));
    await changed(gate, 1, 0);
    await changed(gate, 1, 1);
    await changed(gate, 1, 2);
    expect(pool.stats().running).toBe(3);
    openGate(gate);
    await Promise.all(waiting);
    expect(() => pool.resize(0)).toThrow(/"threads".*received 0/);
  });
});

describe('cancellation', () => {
  it('rejects with the reason itself, before, while waiting and while running, and leaves no listener', async () => {
    const pool = makePool({ threads: 1 });
    const seen = words(2);
    const controller = new AbortController();
    const { signal } = controller;
    const running = call(pool, 'spinUntilCancelled', { seen }, { signal });
    const queued = call(pool, 'double', 1, { signal });
    await changed(seen, 1, 0);
    const reason = { why: 'changed my mind' };
    controller.abort(reason);
    const outcomes = await Promise.allSettled([running, queued]);
    expect(outcomes.map((outcome) => outcome.status === 'rejected' && outcome.reason === reason)).toEqual([
      true,
      true,
    ]);
    await expect(call(pool, 'double', 1, { signal })).rejects.toBe(reason);
    expect(seen[0]).toBe(1);
    expect(getEventListeners(signal, 'abort')).toHaveLength(0);
    await expect(call(pool, 'double', 2)).resolves.toBe(4);
  });

  it('ends the thread of a task that does not listen', async () => {
    const pool = makePool({ threads: 1 });
    const seen = words(2);
    const controller = new AbortController();
    const task = call(pool, 'spinForEver', { seen }, { signal: controller.signal });
    await changed(seen, 1, 0);
    controller.abort();
    await expect(task).rejects.toMatchObject({ name: 'AbortError' });
    await expect(call(pool, 'double', 5)).resolves.toBe(10);
  });
});

describe('divisible jobs', () => {
  // The job's name is its worker's file, so a test can name one of its own.
  const job = '../../test/fixtures/workers/tiles' as 'similarity';

  function runTiles(pool: ComputePool, input: object, tiles: number, options: object = {}) {
    const parts = new Map<number, unknown>();
    let repeated = 0;
    const onPart = (tile: number, part: unknown) => {
      if (parts.has(tile)) repeated++;
      parts.set(tile, part);
    };
    const done = pool.runDivisible(job, input as never, { tiles, onPart, ...options });
    return { done, parts, repeated: () => repeated };
  }

  const squares = (count: number) => new Map(Array.from({ length: count }, (_, tile) => [tile, tile * tile]));

  it('hands over every tile once, on several threads', async () => {
    const progress: number[] = [];
    const { done, parts, repeated } = runTiles(makePool({ threads: 3 }), { words: words(4) }, 500, {
      onProgress: (n: number) => progress.push(n),
    });
    await done;
    expect(new Map([...parts].sort(([a], [b]) => a - b))).toEqual(squares(500));
    expect(repeated()).toBe(0);
    expect(progress).toEqual(Array.from({ length: 500 }, (_, i) => i + 1));
  });

  it('ends when it is enough: begun tiles are handed over, the others never begun', async () => {
    const shared = words(4);
    const { done, parts, repeated } = runTiles(makePool({ threads: 2 }), { words: shared }, 500_000, {
      isEnough: () => parts.size >= 3,
    });
    await done;
    expect(parts.size).toBeGreaterThanOrEqual(3);
    expect(parts.size).toBe(Atomics.load(shared, 3));
    expect(parts.size).toBeLessThan(500_000);
    expect(repeated()).toBe(0);
  });

  it('does not hold a finished tile back while the next one takes its time', async () => {
    const shared = words(4);
    shared[2] = 1;
    const first = deferred<number>();
    const onPart = (tile: number) => first.resolve(tile);
    const { done } = runTiles(makePool({ threads: 1 }), { words: shared, gateAt: 1 }, 2, { onPart });
    expect(await first.promise).toBe(0);
    Atomics.store(shared, 2, 0);
    Atomics.notify(shared, 2);
    await done;
  });

  it('does nothing for no tiles', async () => {
    const { done, parts } = runTiles(makePool({ threads: 1 }), { words: words(4) }, 0);
    await done;
    expect(parts.size).toBe(0);
  });

  it.each([
    ['before', true],
    ['after', false],
  ])('loses and repeats nothing when a worker dies %s handing over its tile', async (_when, silentDeath) => {
    const shared = words(4);
    shared.set([2, 20]);
    const { done, parts, repeated } = runTiles(makePool({ threads: 2 }), { words: shared, silentDeath }, 100);
    await done;
    expect(new Map([...parts].sort(([a], [b]) => a - b))).toEqual(squares(100));
    expect(repeated()).toBe(0);
  });

  it('gives up on a tile that kills every worker', async () => {
    const shared = words(4);
    shared.set([1000, 20]);
    const pool = makePool({ threads: 2 });
    const { done } = runTiles(pool, { words: shared, silentDeath: true }, 100);
    await expect(done).rejects.toMatchObject({ code: 'MILLRACE_WORKER_CRASHED' });
    await expect(call(pool, 'double', 1)).resolves.toBe(2);
  });

  it('does not wait for a tile that a worker claims and never hands over', async () => {
    const { done } = runTiles(makePool(), { words: words(4), withhold: 7 }, 20);
    await expect(done).rejects.toThrow(/1 of 20 tiles were claimed but never handed over/);
  });

  it('rejects with the error of a tile, and with what a receiver throws', async () => {
    const pool = makePool();
    await expect(runTiles(pool, { words: words(4), failAt: 30 }, 100).done).rejects.toThrow(RangeError);
    const onPart = () => {
      throw new SyntaxError('not what I expected');
    };
    await expect(runTiles(pool, { words: words(4) }, 100, { onPart }).done).rejects.toThrow(SyntaxError);
    expect(pool.stats()).toMatchObject({ running: 0, queued: 0, failed: 2 });
  });

  it('makes way for a waiting task between two tiles, then goes on', async () => {
    const pool = makePool({ threads: 1 });
    const shared = words(4);
    shared[2] = 1;
    const { done, parts } = runTiles(pool, { words: shared }, 50);
    await changed(shared, 3, 0);
    const first = call(pool, 'double', 1).then((value) => ({ value, tilesBefore: parts.size }));
    Atomics.store(shared, 2, 0);
    Atomics.notify(shared, 2);
    const { value, tilesBefore } = await first;
    expect(value).toBe(2);
    expect(tilesBefore).toBeLessThan(50);
    await done;
    expect(parts.size).toBe(50);
  });

  it('shares the threads with another divisible job', async () => {
    const pool = makePool({ threads: 1 });
    const shared = words(4);
    shared[2] = 1;
    // So many that they can't be done while the results of the short job are on their way.
    const long = runTiles(pool, { words: shared }, 100_000);
    await changed(shared, 3, 0);
    const short = runTiles(pool, { words: words(4) }, 5);
    Atomics.store(shared, 2, 0);
    Atomics.notify(shared, 2);
    await short.done;
    expect(long.parts.size).toBeLessThan(100_000);
    await long.done;
    expect([long.parts.size, short.parts.size]).toEqual([100_000, 5]);
  });

  it('does not make way for work of a lower priority', async () => {
    const pool = makePool({ threads: 1 });
    const shared = words(4);
    shared[2] = 1;
    const { done, parts } = runTiles(pool, { words: shared }, 50);
    await changed(shared, 3, 0);
    const later = call(pool, 'double', 1, { priority: 1 }).then(() => parts.size);
    Atomics.store(shared, 2, 0);
    Atomics.notify(shared, 2);
    await done;
    expect(await later).toBe(50);
  });

  it('makes way for work of a lower priority that has waited long enough', async () => {
    const pool = makePool({ threads: 1 });
    const shared = words(4);
    const { done, parts } = runTiles(pool, { words: shared }, 100_000);
    await changed(shared, 3, 0);
    // A level is a second.
    const doneBefore = await call(pool, 'double', 1, { priority: 0.02 }).then(() => parts.size);
    expect(doneBefore).toBeLessThan(100_000);
    await done;
  });

  it('hands threads back when the pool shrinks, and takes more when it grows', async () => {
    const pool = makePool({ threads: 3 });
    const shared = words(4);
    shared[2] = 1;
    const { done, parts } = runTiles(pool, { words: shared }, 300);
    for (let begun = 0; begun < 3; begun++) await changed(shared, 3, begun);
    expect(pool.stats().running).toBe(3);
    pool.resize(1);
    Atomics.store(shared, 2, 0);
    Atomics.notify(shared, 2);
    await call(pool, 'double', 1);
    expect(pool.stats().running).toBeLessThanOrEqual(1);
    pool.resize(2);
    await done;
    expect(parts.size).toBe(300);
  });

  it('stops between tiles when aborted, with the reason itself', async () => {
    const pool = makePool({ threads: 2 });
    const shared = words(4);
    shared[2] = 1;
    const controller = new AbortController();
    const { done, parts } = runTiles(pool, { words: shared }, 1000, { signal: controller.signal });
    await changed(shared, 3, 0);
    controller.abort('enough');
    Atomics.store(shared, 2, 0);
    Atomics.notify(shared, 2);
    await expect(done).rejects.toBe('enough');
    expect(parts.size).toBe(0);
    expect(pool.stats()).toMatchObject({ running: 0, queued: 0 });
    expect(getEventListeners(controller.signal, 'abort')).toHaveLength(0);
  });
});
