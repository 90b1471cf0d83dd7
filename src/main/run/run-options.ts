import { availableParallelism } from 'node:os';
import { z } from 'zod';
import { MillraceError } from '../../shared/errors.js';
import { checkOptions, count } from '../../shared/options.js';
import type { ProgressSink } from '../../shared/progress.js';
import { type JournalOptions, journalSchema } from './journal.js';
import { keysByContent } from './journaled-step.js';
import type { RunMeter } from './run-meter.js';
import type { Inputs, Step } from './step.js';

/** The options of `runConcurrent` and `settleConcurrent`. */
export interface RunOptions<I> {
  /**
   * How many items run at once. Default: `'auto'`, 2 × `os.availableParallelism()`, or `maxPending` if that is
   * less. That suits steps whose work is done by worker threads; for requests and files choose what the other
   * side bears.
   */
  concurrency?: number | 'auto' | undefined;
  /**
   * How many items may be admitted and unfinished: running, waiting outside of their slots, and outcomes that
   * nobody has consumed yet. At least `concurrency`, so give both: what `'auto'` means depends on the machine.
   * Default: 4 × `concurrency`.
   */
  maxPending?: number | undefined;
  /** Stops the run: items that run are aborted and waited for, then it rejects with `signal.reason`. */
  signal?: AbortSignal | undefined;
  /**
   * Ends the run softly: nothing more is started, what has begun goes on to its end, and what has not is listed as not
   * run (`MILLRACE_NOT_RUN`), if the input tells its length; `runConcurrent` then rejects with that. See `createShutdown`.
   */
  drain?: AbortSignal | undefined;
  /** An item's name. Default: its index as a string. Names should differ, which is not checked. */
  key?: ((input: I, index: number) => string) | undefined;
  /**
   * How urgent an item is: lower numbers start first, among those admitted (`maxPending`). What waits gains a level a
   * second, so that nothing waits for ever. Also the priority at limiters and in the pool. Default: 0 for all.
   */
  priority?: ((input: I, index: number) => number) | undefined;
  /** Told at the start and after each item that has settled; the unit is `items`. What it throws stops the run. */
  progress?: ProgressSink | undefined;
  /** The label of the progress reports. Default: `'run'`. */
  label?: string | undefined;
  /** Measures the run and all of its items: see `operationMetrics`. */
  metrics?: RunMeter | undefined;
  /**
   * Observes each item that failed before the run was stopped. What it throws stops the run, which then rejects
   * with it.
   */
  onError?: ((item: I, error: MillraceError) => void) | undefined;
  /**
   * A file that keeps how each item ended before that is reported: a run that was ended, by kill -9 too, goes on where it
   * was when the same call is made again, and repeats only what was in flight. Values that JSON doesn't keep as they are
   * are kept as structured clone does. With a journal an item's default name is a hash of its content, so inputs have to
   * be plain data; names that are given have to differ.
   */
  journal?: string | JournalOptions | undefined;
}

/** The options of `streamConcurrent`. */
export interface StreamOptions<I> extends RunOptions<I> {
  /**
   * Outcomes in the order of the input; those that are early wait for their turn, within `maxPending`. Default:
   * false, in the order of completion.
   */
  ordered?: boolean | undefined;
}

/** Checked options, with all defaults. */
export interface RunPlan<I> {
  readonly concurrency: number;
  readonly maxPending: number;
  readonly signal: AbortSignal | undefined;
  readonly drain: AbortSignal | undefined;
  readonly keyOf: (input: I, index: number) => string;
  readonly priorityOf: ((input: I, index: number) => number) | undefined;
  readonly progress: ProgressSink | undefined;
  readonly label: string;
  readonly metrics: RunMeter | undefined;
  readonly onError: ((item: I, error: MillraceError) => void) | undefined;
  readonly journal: JournalOptions | undefined;
}

const callback = () =>
  z.custom<never>((value) => typeof value === 'function', 'expected a function').optional();

const runSchema = z.strictObject({
  concurrency: z
    .union([count(1), z.literal('auto')], "expected a whole number of at least 1, or 'auto'")
    .optional(),
  maxPending: count(1).optional(),
  signal: z.custom<AbortSignal>(isAbortSignal, 'expected an AbortSignal').optional(),
  drain: z.custom<AbortSignal>(isAbortSignal, 'expected an AbortSignal').optional(),
  key: callback(),
  priority: callback(),
  progress: callback(),
  label: z.string('expected a string').optional(),
  metrics: z.custom<RunMeter>(isRunMeter, 'expected what operationMetrics() returns').optional(),
  onError: callback(),
  journal: journalSchema.optional(),
});

const streamSchema = runSchema.extend({ ordered: z.boolean('expected true or false').optional() });

/** @throws MillraceError `MILLRACE_INVALID_ARGUMENT` */
export function planRun<I>(
  call: string,
  inputs: Inputs<I>,
  step: Step<I, unknown>,
  options: RunOptions<I>,
): RunPlan<I> {
  checkArguments(call, inputs, step);
  return plan(call, checkOptions(call, runSchema, options));
}

/** @throws MillraceError `MILLRACE_INVALID_ARGUMENT` */
export function planStream<I>(
  call: string,
  inputs: Inputs<I>,
  step: Step<I, unknown>,
  options: StreamOptions<I>,
): RunPlan<I> & { ordered: boolean } {
  checkArguments(call, inputs, step);
  const checked = checkOptions(call, streamSchema, options);
  return { ...plan<I>(call, checked), ordered: checked.ordered ?? false };
}

function plan<I>(call: string, options: RunOptions<I>): RunPlan<I> {
  const {
    concurrency: wanted = 'auto',
    signal,
    drain,
    key,
    priority,
    progress,
    label = 'run',
    metrics,
    onError,
    journal,
  } = options;
  const automatic = Math.min(2 * availableParallelism(), options.maxPending ?? Number.POSITIVE_INFINITY);
  const concurrency = wanted === 'auto' ? automatic : wanted;
  const { maxPending = 4 * concurrency } = options;
  if (maxPending < concurrency) {
    const problem = `option "maxPending": expected at least "concurrency" (${concurrency}), received ${maxPending}`;
    throw new MillraceError('MILLRACE_INVALID_ARGUMENT', `${call}: ${problem}`);
  }
  return {
    concurrency,
    maxPending,
    signal,
    drain,
    keyOf: key ?? (journal === undefined ? indexKey : keysByContent()),
    priorityOf: priority,
    progress,
    label,
    metrics,
    onError,
    journal: typeof journal === 'string' ? { path: journal } : journal,
  };
}

function indexKey(_input: unknown, index: number): string {
  return String(index);
}

function checkArguments(call: string, inputs: unknown, step: unknown): void {
  const { [Symbol.iterator]: sync, [Symbol.asyncIterator]: async } = Object(inputs);
  if (typeof sync !== 'function' && typeof async !== 'function') {
    throw invalid(call, 'inputs', 'an iterable or an async iterable', inputs);
  }
  if (typeof step !== 'function') throw invalid(call, 'step', 'a function', step);
}

function invalid(call: string, name: string, expected: string, received: unknown): MillraceError {
  const type = received === null ? 'null' : typeof received;
  return new MillraceError(
    'MILLRACE_INVALID_ARGUMENT',
    `${call}: "${name}": expected ${expected}, received ${type}`,
  );
}

function isRunMeter(value: unknown): boolean {
  return typeof value === 'object' && value !== null && 'measure' in value && 'runBegan' in value;
}

function isAbortSignal(value: unknown): boolean {
  return typeof value === 'object' && value !== null && 'aborted' in value && 'addEventListener' in value;
}
