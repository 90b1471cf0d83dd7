import { existsSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import type { ResourceLimits } from 'node:worker_threads';
import { Piscina } from 'piscina';
import { z } from 'zod';
import { MillraceError } from '../../shared/errors.js';
import type {
  DivisibleInput,
  DivisibleJobName,
  DivisiblePart,
  JobInput,
  JobName,
  JobOutput,
} from '../../shared/job-map.js';
import { checkOptions, count } from '../../shared/options.js';
import type { TaskReply } from '../../shared/worker-task.js';
import { DivisibleJob, type DivisibleOptions } from './divisible-job.js';
import { PoolMeter, type PoolStats } from './pool-meter.js';
import { Schedule } from './schedule.js';
import { SingleTask, type TaskOptions } from './single-task.js';
import { type Running, ThreadControl } from './thread-control.js';
import type { Work, WorkHost, WorkTimes } from './work.js';
import { workerFailure } from './worker-failure.js';
import { type Workspace, WorkspaceShelf } from './workspace.js';

export interface ComputePoolOptions {
  /** How many worker threads. Default: `'auto'`, one for each processor that this process may use. */
  threads?: number | 'auto';
  /**
   * V8's limits for each thread. Default: a heap of 1024 MiB. They do not bound shared memory, which is outside
   * of every heap.
   */
  resourceLimits?: ResourceLimits;
}

const MAX_THREADS = 1024;
const MAX_TIMER_MS = 2 ** 31 - 1;
const WORKERS = fileURLToPath(new URL('../../workers/', import.meta.url));

const optionsSchema = z.object({
  threads: z
    .union([z.literal('auto'), count(1, MAX_THREADS)], `expected 'auto' or 1 to ${MAX_THREADS}`)
    .optional(),
  resourceLimits: z.looseObject({}).optional(),
});

/** What a call of several jobs uses a pool through. */
export interface PoolUse extends Pick<ComputePool, 'run' | 'runDivisible'>, Disposable {}

/**
 * A pool of worker threads for CPU-bound jobs. It keeps its own queue (by priority, first in first out inside
 * one, and a level higher with each second of waiting) and hands Piscina only what can start at once, so that the number of threads can change at any time and
 * nothing is lost on close. A worker that dies fails only the task that it ran, and is replaced.
 *
 * @example
 * await using pool = new ComputePool({ threads: 4 }); // or call close() in the end
 * const edges = await computeSimilarityEdges(embeddings, { threshold: 0.8, pool });
 */
export class ComputePool implements AsyncDisposable {
  private readonly piscina: Piscina;
  private readonly meter: PoolMeter;
  private readonly schedule = new Schedule();
  private readonly threadsAtWork = new ThreadControl(2 * MAX_THREADS);
  private readonly shelf = new WorkspaceShelf();
  private readonly host: WorkHost = {
    cancel: (work) => this.threadsAtWork.cancel(work),
    settled: (work, times) => this.settled(work, times),
  };
  private target: number;
  private unsettled = 0;
  private ageing: NodeJS.Timeout | undefined;
  /** Calls under way that may still submit work: see {@link ComputePool.begin}. */
  private uses = 0;
  private life: { state: 'open' } | { state: 'closing'; drained: () => void; closed: Promise<void> } = {
    state: 'open',
  };

  /** @throws MillraceError `MILLRACE_INVALID_ARGUMENT`; `MILLRACE_WORKER_FILE` if the package's workers are missing. */
  constructor(options: ComputePoolOptions = {}) {
    const { threads = 'auto' } = checkOptions('ComputePool', optionsSchema, options);
    if (!existsSync(workerPath('user-function'))) {
      throw new MillraceError(
        'MILLRACE_WORKER_FILE',
        `there are no built workers in ${WORKERS}: run the build first (npm run build)`,
      );
    }
    this.target = threads === 'auto' ? availableParallelism() : threads;
    this.meter = new PoolMeter(this.target);
    this.piscina = new Piscina({
      minThreads: this.target,
      maxThreads: this.target,
      idleTimeout: 20,
      atomics: 'async',
      recordTiming: false,
      resourceLimits: options.resourceLimits ?? { maxOldGenerationSizeMb: 1024 },
    });
    // A thread that dies between tasks is replaced; there is no task to tell.
    this.piscina.on('error', () => {});
  }

  /** How many threads the pool may use now. */
  get threads(): number {
    return this.target;
  }

  /**
   * Runs one task on the next free thread.
   *
   * @throws whatever the task threw, with name, code, message, stack and cause; MillraceError
   * `MILLRACE_WORKER_CRASHED` or `MILLRACE_WORKER_OUT_OF_MEMORY` if its thread died, `MILLRACE_POOL_CLOSED`
   * after {@link ComputePool.close}; `signal.reason` after an abort.
   */
  run<J extends JobName>(job: J, input: JobInput<J>, options: TaskOptions = {}): Promise<JobOutput<J>> {
    if (this.life.state !== 'open') return Promise.reject(poolClosed(job));
    return this.submitTask(job, input, options);
  }

  /**
   * Runs a job that is divided into tiles on as many threads as are free. Between two tiles it makes way for
   * other work of the same or a higher priority, and takes the threads again afterwards.
   *
   * @returns once every tile's part was received, or those that were begun when it was enough.
   */
  runDivisible<J extends DivisibleJobName>(
    job: J,
    input: DivisibleInput<J>,
    options: DivisibleOptions<DivisiblePart<J>>,
  ): Promise<void> {
    if (this.life.state !== 'open') return Promise.reject(poolClosed(job));
    return this.submitDivisible(job, input, options);
  }

  /**
   * @internal Begins a call that runs several jobs one after the other. Until it is disposed of the pool counts as in
   * use: `close()` waits for the whole call, not only for the job that it is at.
   *
   * @throws MillraceError `MILLRACE_POOL_CLOSED`
   */
  begin(call: string): PoolUse {
    if (this.life.state !== 'open') throw poolClosed(call);
    this.uses++;
    let isOver = false;
    return {
      run: (job, input, options = {}) => this.submitTask(job, input, options),
      runDivisible: (job, input, options) => this.submitDivisible(job, input, options),
      [Symbol.dispose]: () => {
        if (isOver) return;
        isOver = true;
        this.uses--;
        this.drain();
      },
    };
  }

  /** Changes the number of threads. Running tasks end first; divisible jobs hand threads back between tiles. */
  resize(threads: number): void {
    checkOptions('ComputePool.resize', z.object({ threads: count(1, MAX_THREADS) }), { threads });
    this.target = threads;
    this.piscina.options.minThreads = threads;
    this.piscina.options.maxThreads = threads;
    this.meter.resized(threads);
    this.pump();
  }

  /** @internal Leases shared memory for a job; release it once no worker uses it any more. */
  leaseWorkspace(bytes: number): Workspace {
    return this.shelf.lease(bytes);
  }

  stats(): PoolStats {
    return this.meter.stats(this.unsettled - this.threadsAtWork.works().size);
  }

  /** Takes no more work, finishes all that was submitted, then ends the threads. May be called more than once. */
  close(): Promise<void> {
    if (this.life.state === 'closing') return this.life.closed;
    let drained = () => {};
    const idle = new Promise<void>((resolve) => {
      drained = resolve;
    });
    const closed = idle.then(() => this.piscina.destroy()).then(() => this.shelf.clear());
    this.life = { state: 'closing', drained, closed };
    this.drain();
    return closed;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  private drain(): void {
    if (this.unsettled === 0 && this.uses === 0 && this.life.state === 'closing') this.life.drained();
  }

  private submitTask<J extends JobName>(
    job: J,
    input: JobInput<J>,
    options: TaskOptions,
  ): Promise<JobOutput<J>> {
    if (options.signal?.aborted) return Promise.reject(options.signal.reason);
    return this.submit(new SingleTask<JobOutput<J>>(job, input, options, this.host));
  }

  private submitDivisible<J extends DivisibleJobName>(
    job: J,
    input: DivisibleInput<J>,
    options: DivisibleOptions<DivisiblePart<J>>,
  ): Promise<void> {
    if (options.signal?.aborted) return Promise.reject(options.signal.reason);
    if (options.tiles === 0) return Promise.resolve();
    return this.submit(new DivisibleJob(job, input, options, this.host));
  }

  private submit<O>(work: SingleTask<O> | DivisibleJob<never>): Promise<O> {
    this.unsettled++;
    this.schedule.add(work);
    this.pump();
    return work.result.promise as Promise<O>;
  }

  /** Gives free threads to whoever is next, and asks divisible jobs for theirs if somebody is left without. */
  private pump(): void {
    while (this.threadsAtWork.size < this.target) {
      const work = this.schedule.next();
      if (work === undefined) return;
      this.dispatch(work);
    }
    const { schedule } = this;
    const makesWay = schedule.head() && ((work: Work) => schedule.makesWay(work));
    this.threadsAtWork.askToYield(makesWay, this.threadsAtWork.size - this.target);
    this.pumpWhenAged();
  }

  /** Divisible jobs make way for what waits below them once that has waited long enough. */
  private pumpWhenAged(): void {
    clearTimeout(this.ageing);
    const waits = [...this.threadsAtWork.works()]
      .filter(({ divisible }) => divisible)
      .map((work) => this.schedule.makesWayIn(work));
    const waitMs = Math.min(...waits.filter((ms) => ms > 0), Number.POSITIVE_INFINITY);
    if (waitMs < MAX_TIMER_MS) this.ageing = setTimeout(() => this.pump(), waitMs).unref();
  }

  private dispatch(work: Work): void {
    const running = this.threadsAtWork.begin(work);
    const { control, slot, kill } = running;
    this.meter.threadTaken();
    const { envelope, transfer } = work.start({ control, slot });
    const options = {
      filename: workerPath(work.job),
      transferList: [...transfer],
      signal: kill?.signal ?? null,
    };
    this.piscina.run(envelope, options as Parameters<Piscina['run']>[1]).then(
      (reply) => this.threadEnded(running, () => work.finish(slot, reply as TaskReply<unknown>)),
      (error) => this.threadEnded(running, () => work.crash(slot, workerFailure(work.job, error))),
    );
  }

  private threadEnded(running: Running, tellWork: () => void): void {
    this.threadsAtWork.end(running);
    this.meter.threadFreed();
    tellWork();
    this.schedule.threadEnded(running.work);
    this.pump();
  }

  private settled(work: Work, { outcome, queueWaitMs, runMs }: WorkTimes): void {
    this.schedule.remove(work);
    this.meter.waited(queueWaitMs);
    this.meter.settled(outcome, runMs);
    this.unsettled--;
    this.drain();
  }
}

function workerPath(job: string): string {
  return `${WORKERS}${job}.js`;
}

function poolClosed(job: string): MillraceError {
  return new MillraceError('MILLRACE_POOL_CLOSED', `job "${job}" was not run: the pool is closed`);
}
