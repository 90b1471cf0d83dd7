import { describe, expect, it } from 'vitest';
import type { ComputePool } from '../../../../src/main/compute/compute-pool.js';
import { jobStep, workerStep } from '../../../../src/main/run/job-step.js';
import { runConcurrent } from '../../../../src/main/run/run-concurrent.js';
import type { UserFunctionJob } from '../../../../src/shared/job-map.js';
import { type Deferred, deferred, quiet } from '../../../helpers/deferred.js';

/** Stands in for a pool, so that the test decides when a task ends. */
function manualPool() {
  const tasks: { job: string; input: unknown; options: { priority: number; signal: AbortSignal } }[] = [];
  const results: Deferred<unknown>[] = [];
  const run = (job: string, input: unknown, options: { priority: number; signal: AbortSignal }) => {
    tasks.push({ job, input, options });
    results.push(deferred());
    return results.at(-1)!.promise;
  };
  return { pool: { run } as unknown as ComputePool, tasks, results };
}

const job = (input: number): UserFunctionJob => ({ url: 'file:///double.js', exportName: 'double', input });

describe('jobStep', () => {
  it('runs each item as a task of the pool and holds its slot meanwhile', async () => {
    const { pool, tasks, results } = manualPool();
    const step = jobStep(pool, 'user-function', { priority: 3 });
    const doubled = runConcurrent([job(1), job(2)], step, { concurrency: 1 });
    await quiet();
    expect(tasks).toMatchObject([{ job: 'user-function', input: job(1), options: { priority: 3 } }]);
    results[0]!.resolve(2);
    await quiet();
    expect(tasks.length).toBe(2);
    results[1]!.resolve(4);
    expect(await doubled).toEqual([2, 4]);
  });

  it("hands the item's priority on, unless it has one of its own", async () => {
    const { pool, tasks, results } = manualPool();
    const options = { concurrency: 1, priority: ({ input }: UserFunctionJob) => Number(input) };
    const items = runConcurrent([job(7)], jobStep(pool, 'user-function'), options);
    const fixed = runConcurrent([job(7)], jobStep(pool, 'user-function', { priority: 0 }), options);
    await quiet();
    expect(tasks.map(({ options: { priority } }) => priority)).toEqual([7, 0]);
    for (const { resolve } of results) resolve(undefined);
    await Promise.all([items, fixed]);
  });

  it('aborts the tasks when the run stops', async () => {
    const { pool, tasks, results } = manualPool();
    const doubled = runConcurrent([job(1), job(2)], jobStep(pool, 'user-function'), { concurrency: 2 });
    const failure = new Error('the first task failed');
    results[0]!.reject(failure);
    await quiet();
    const { signal, priority } = tasks[1]!.options;
    expect({ priority, reason: signal.reason }).toEqual({ priority: 0, reason: failure });
    results[1]!.reject(signal.reason);
    await expect(doubled).rejects.toBe(failure);
  });
});

describe('workerStep', () => {
  it('refuses a file that no worker can load, when it is made', () => {
    const missing = new URL('./no-such-file.js', import.meta.url);
    expect(() => workerStep(missing, 'double')).toThrow(
      expect.objectContaining({ code: 'MILLRACE_WORKER_FILE' }),
    );
    const notBuilt = new URL(import.meta.url);
    expect(() => workerStep(notBuilt, 'double')).toThrow(
      expect.objectContaining({ code: 'MILLRACE_WORKER_FILE' }),
    );
  });
});
