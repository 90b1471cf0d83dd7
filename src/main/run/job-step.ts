import type { MessagePort } from 'node:worker_threads';
import type { JobInput, JobName, JobOutput, UserFunctionJob } from '../../shared/job-map.js';
import type { ThreadSafeCache } from '../cache/thread-safe-cache.js';
import type { ComputePool } from '../compute/compute-pool.js';
import { defaultPool } from '../compute/default-pool.js';
import { checkWorkerFile } from '../compute/worker-file.js';
import type { Step, StepContext } from './step.js';

/** How a step's tasks are queued in the pool. */
export interface JobStepOptions {
  /**
   * Lower numbers go first among all that waits for a thread of the pool; what waits gains a level a second. Default:
   * the priority of the item.
   */
  priority?: number;
}

/** Where a worker step runs. */
export interface WorkerStepOptions extends JobStepOptions {
  /** Default: the pool that all calls without one share, made when it is first needed. */
  pool?: ComputePool;
  /** A cache that the function finds in its thread as `context.cache`. */
  cache?: ThreadSafeCache;
}

/**
 * A step that gives each item to a worker thread as the input of `job`. It holds its slot until the task is done,
 * so that the run's `concurrency` bounds the work in the pool, too.
 *
 * @throws from the step: whatever `ComputePool.run` rejects with.
 *
 * @example
 * const results = await runConcurrent(transcriptJobs, jobStep(pool, 'transcripts'));
 */
export function jobStep<J extends JobName>(
  pool: ComputePool,
  job: J,
  options: JobStepOptions = {},
): Step<JobInput<J>, JobOutput<J>> {
  return (input, { signal, priority }) =>
    pool.run(job, input, { priority: options.priority ?? priority, signal });
}

/**
 * A step that calls an exported function of yours in a worker thread, with the item as its argument. Items and
 * results are copied by structured clone. The file must be JavaScript (.js, .mjs, .cjs).
 *
 * @param file a `file:` URL or a path
 * @throws MillraceError `MILLRACE_WORKER_FILE` if the file can't be loaded or lacks the function. From the step:
 * what the function threw, and whatever else `ComputePool.run` rejects with.
 *
 * @example
 * // hash.js: export function sha256(text) { return createHash('sha256').update(text).digest('hex'); }
 * const sha256 = workerStep<string, string>(new URL('./hash.js', import.meta.url), 'sha256');
 * const digests = await runConcurrent(['a', 'b', 'c'], sha256);
 */
export function workerStep<I, O>(
  file: URL | string,
  exportName: string,
  options: WorkerStepOptions = {},
): Step<I, O> {
  const url = checkWorkerFile(file, exportName);
  const { pool, cache } = options;
  const run = async (job: UserFunctionJob, context: StepContext, transfer: MessagePort[]) => {
    const { signal } = context;
    const { priority = context.priority } = options;
    return (await (pool ?? defaultPool()).run('user-function', job, { priority, signal, transfer })) as O;
  };
  if (cache === undefined) return (input, context) => run({ url, exportName, input }, context, []);
  return async (input, context) => {
    const cachePort = cache.connect();
    try {
      return await run({ url, exportName, input, cachePort }, context, [cachePort]);
    } finally {
      cachePort.close();
    }
  };
}
