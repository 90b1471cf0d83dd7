import { DurationHistogram, type Percentiles } from '../../shared/histogram.js';

/** What a pool did since it was made. */
export interface PoolStats {
  /** How many threads the pool may use now. */
  threads: number;
  /** Tasks, and copies of divisible jobs, that hold a thread now. */
  running: number;
  /** Tasks and jobs that wait for a thread now. */
  queued: number;
  /** Tasks and whole jobs that gave their result. */
  completed: number;
  /** Tasks and whole jobs that failed or were cancelled. */
  failed: number;
  /** Thread time in use ÷ thread time available since the pool was made, from 0 to 1. */
  utilisation: number;
  /** From submission to the first thread, in milliseconds. */
  queueWaitMs: Percentiles;
  /** On threads, in milliseconds; of a divisible job from its first to its last copy. */
  runMs: Percentiles;
}

/** Counts what a pool does, and integrates how busy its threads are over time. */
export class PoolMeter {
  private running = 0;
  private completed = 0;
  private failed = 0;
  private busyMs = 0;
  private availableMs = 0;
  private lastChange = performance.now();
  private readonly queueWait = new DurationHistogram();
  private readonly run = new DurationHistogram();

  constructor(private threads: number) {}

  threadTaken(): void {
    this.integrate();
    this.running++;
  }

  threadFreed(): void {
    this.integrate();
    this.running--;
  }

  resized(threads: number): void {
    this.integrate();
    this.threads = threads;
  }

  waited(queueWaitMs: number): void {
    this.queueWait.record(queueWaitMs);
  }

  settled(outcome: 'completed' | 'failed', runMs?: number): void {
    this[outcome]++;
    if (runMs !== undefined) this.run.record(runMs);
  }

  stats(queued: number): PoolStats {
    this.integrate();
    return {
      threads: this.threads,
      running: this.running,
      queued,
      completed: this.completed,
      failed: this.failed,
      utilisation: this.availableMs === 0 ? 0 : Math.min(1, this.busyMs / this.availableMs),
      queueWaitMs: this.queueWait.percentiles(),
      runMs: this.run.percentiles(),
    };
  }

  private integrate(): void {
    const now = performance.now();
    const elapsedMs = now - this.lastChange;
    this.busyMs += elapsedMs * this.running;
    this.availableMs += elapsedMs * Math.max(this.threads, this.running);
    this.lastChange = now;
  }
}
