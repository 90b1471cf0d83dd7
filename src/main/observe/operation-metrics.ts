import { z } from 'zod';
import { type Clock, systemClock } from '../../shared/clock.js';
import { DurationHistogram } from '../../shared/histogram.js';
import { checkOptions } from '../../shared/options.js';
import { classifyError } from '../policies/classify-error.js';
import type { RunMeter } from '../run/run-meter.js';
import type { RunState, WaitCause } from '../run/run-state.js';
import type { AttemptReport, Step, StepContext } from '../run/step.js';
import { partsOf } from '../run/step-parts.js';
import { ActiveTime } from './active-time.js';
import { BucketCounts } from './bucket-counts.js';
import { ErrorCounts } from './error-counts.js';
import { type ItemRecorder, MeasuredItem } from './measured-item.js';
import type { RunSummary } from './run-summary.js';
import { WatchedRuns } from './watched-runs.js';

export interface OperationMetricsOptions {
  /** The beginning of all names, such as `extraction`: letters, digits, `_`. */
  label: string;
  /** For tests and simulations. */
  clock?: Clock | undefined;
}

/** What a label may be: what the name of a metric may begin with. */
export const labelSchema = z
  .string('expected a string')
  .regex(/^[a-zA-Z_][a-zA-Z0-9_]*$/, 'expected letters, digits and _, and no digit first');

const schema = z.strictObject({ label: labelSchema, clock: z.custom<Clock>().optional() });

/** Waits for one cause. */
class Waits {
  totalMs = 0;
  readonly histogram = new DurationHistogram();
}

/**
 * The numbers of one operation: of all items, and of all runs that are given it as `metrics`. They are plain counts in
 * constant memory, made into metrics only when somebody asks: `summary()`, or a registry (see `operationMetrics`).
 *
 * @throws MillraceError `MILLRACE_INVALID_ARGUMENT`
 *
 * @example
 * const metrics = new OperationMetrics({ label: 'extraction' });
 * await runConcurrent(chunks, extract, { metrics });
 * console.log(metrics.summary().task.p95);
 */
export class OperationMetrics implements RunMeter, ItemRecorder {
  readonly label: string;
  readonly clock: Clock;
  /** Live numbers; whoever reads them leaves them as they are. */
  readonly counts = { started: 0, done: 0, failed: 0, retries: 0, reserved: 0, used: 0, refunded: 0 };
  readonly cache = { hit: 0, miss: 0, coalesced: 0 };
  readonly errors = new ErrorCounts();
  readonly runs = new WatchedRuns();
  readonly waits = new Map<WaitCause, Waits>();
  readonly task = { histogram: new DurationHistogram(), buckets: new BucketCounts() };
  readonly attempt = { histogram: new DurationHistogram(), buckets: new BucketCounts() };
  /** Whole runs. */
  readonly run = new BucketCounts();
  /** The limiters, circuit breakers and caches of the steps that are measured. */
  readonly parts = new Set<object>();
  private readonly active: ActiveTime;
  private readonly runStarts = new Map<RunState, number>();

  constructor(options: OperationMetricsOptions) {
    const { label, clock = systemClock } = checkOptions('OperationMetrics', schema, options);
    this.label = label;
    this.clock = clock;
    this.active = new ActiveTime();
  }

  measure<I, O>(step: Step<I, O>): Step<I, O> {
    for (const part of partsOf(step)) this.parts.add(part);
    return (input, context) => {
      const item = this.begin(context);
      let output: O | Promise<O>;
      try {
        output = step(input, item);
      } catch (error) {
        this.failed(item, error);
        throw error;
      }
      if (!isPromise(output)) {
        this.done(item);
        return output;
      }
      return output.then(
        (value) => {
          this.done(item);
          return value;
        },
        (error) => {
          this.failed(item, error);
          throw error;
        },
      );
    };
  }

  runBegan(run: RunState): void {
    const now = this.clock.now();
    this.runs.began(run);
    this.runStarts.set(run, now);
    this.active.enter(now);
  }

  runEnded(run: RunState): void {
    const now = this.clock.now();
    this.runs.ended(run);
    this.run.record(now - (this.runStarts.get(run) ?? now));
    this.runStarts.delete(run);
    this.active.leave(now);
  }

  attempted(durationMs: number): void {
    this.attempt.histogram.record(durationMs);
    this.attempt.buckets.record(durationMs);
  }

  waited(cause: WaitCause, durationMs: number): void {
    let waits = this.waits.get(cause);
    if (waits === undefined) {
      waits = new Waits();
      this.waits.set(cause, waits);
    }
    waits.totalMs += durationMs;
    waits.histogram.record(durationMs);
  }

  reported({ attempt, tokens, cache }: AttemptReport): void {
    if (attempt !== undefined) this.counts.retries++;
    if (cache !== undefined) this.cache[cache]++;
    if (tokens === undefined) return;
    this.counts.reserved += tokens.reserved;
    this.counts.used += tokens.used;
    this.counts.refunded += tokens.refunded;
  }

  /** All numbers since it was made. */
  summary(): RunSummary {
    const { label, counts, cache } = this;
    const durationMs = this.active.totalMs(this.clock.now());
    const settled = counts.done + counts.failed;
    const waits = [...this.waits].map(([cause, { totalMs, histogram }]) => {
      return [cause, { totalMs, ...histogram.percentiles() }];
    });
    return {
      label,
      items: counts.started,
      done: counts.done,
      failed: counts.failed,
      notRun: this.runs.notRun,
      durationMs,
      throughput: durationMs === 0 ? 0 : (1000 * settled) / durationMs,
      task: this.task.histogram.percentiles(),
      attempt: this.attempt.histogram.percentiles(),
      waits: Object.fromEntries(waits),
      tokens: { reserved: counts.reserved, used: counts.used, refunded: counts.refunded },
      retries: counts.retries,
      cache: { hits: cache.hit, misses: cache.miss, coalesced: cache.coalesced },
      errors: this.errors.byCategory(),
    };
  }

  private begin(context: StepContext): MeasuredItem {
    const item = new MeasuredItem(context, this);
    this.counts.started++;
    this.runs.see(context.run);
    this.active.enter(item.beganAt);
    return item;
  }

  private done(item: MeasuredItem): void {
    this.counts.done++;
    this.settled(item);
  }

  private failed(item: MeasuredItem, thrown: unknown): void {
    this.counts.failed++;
    const { category, code } = classifyError(thrown);
    this.errors.add(category, code);
    this.settled(item);
  }

  private settled(item: MeasuredItem): void {
    const now = this.clock.now();
    const durationMs = item.end(now);
    this.task.histogram.record(durationMs);
    this.task.buckets.record(durationMs);
    this.active.leave(now);
  }
}

function isPromise<O>(output: O | Promise<O>): output is Promise<O> {
  return typeof (output as Promise<O> | undefined)?.then === 'function';
}
