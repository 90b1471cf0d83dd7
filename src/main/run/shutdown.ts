import { constants } from 'node:os';
import { z } from 'zod';
import { type Clock, systemClock } from '../../shared/clock.js';
import { MillraceError } from '../../shared/errors.js';
import { checkOptions, numberFrom } from '../../shared/options.js';

export interface ShutdownOptions {
  /** What runs has so long to end, from the first signal; then it is aborted. Default: 30,000. */
  deadlineMs?: number | undefined;
  /** The signals of the process that begin it. Default: `['SIGINT', 'SIGTERM']`. */
  signals?: readonly NodeJS.Signals[] | undefined;
  /** For tests and simulations. */
  clock?: Clock | undefined;
}

/** An end in two steps: first nothing new is begun, then what still runs is aborted. */
export interface Shutdown extends Disposable {
  /** Aborts with the first signal: for the option `drain` of runs. */
  readonly draining: AbortSignal;
  /** Aborts with the second signal, or at the deadline: for the option `signal` of runs. */
  readonly signal: AbortSignal;
  /** 128 + the number of the signal that began it, as shells have it; 0 if none did. */
  readonly exitCode: number;
  /** As if a signal came: drains when called first, aborts when called again. */
  shutdown(): void;
  /** Listens no more, and drops the deadline. */
  [Symbol.dispose](): void;
}

const schema = z.strictObject({
  deadlineMs: numberFrom(0, 2 ** 31 - 1).optional(),
  signals: z
    .array(
      z.custom<NodeJS.Signals>((name) => String(name) in constants.signals, "expected names as 'SIGINT'"),
    )
    .optional(),
  clock: z.custom<Clock>().optional(),
});

/** A deadline must not keep a process from ending that has nothing else to do. */
const idleClock: Clock = {
  now: systemClock.now,
  schedule(callback, delayMs) {
    const timer = setTimeout(callback, delayMs).unref();
    return () => clearTimeout(timer);
  },
};

/**
 * Ends runs without losing what is under way. With the first signal they start nothing more, and what runs goes on to its
 * end; with the second one, or at the deadline, that is aborted. A third signal does what it does without this: it ends
 * the process.
 *
 * @throws MillraceError `MILLRACE_INVALID_ARGUMENT`; the reasons of its signals have the code `MILLRACE_SHUTDOWN`.
 *
 * @example
 * using shutdown = createShutdown({ deadlineMs: 10_000 });
 * const options = { drain: shutdown.draining, signal: shutdown.signal, journal: 'run.jsonl' };
 * const outcomes = await settleConcurrent(chunks, extract, options);
 * process.exitCode = shutdown.exitCode;
 */
export function createShutdown(options: ShutdownOptions = {}): Shutdown {
  checkOptions('createShutdown', schema, options);
  const { deadlineMs = 30_000, signals = ['SIGINT', 'SIGTERM'], clock = idleClock } = options;
  const draining = new AbortController();
  const aborting = new AbortController();
  let exitCode = 0;
  let cancelDeadline = () => {};

  const dispose = () => {
    cancelDeadline();
    for (const name of signals) process.off(name, onSignal);
  };
  const abort = (why: string) => {
    dispose();
    aborting.abort(reason(why));
  };
  const advance = (why: string) => {
    if (aborting.signal.aborted) return;
    if (draining.signal.aborted) return abort(`${why}, while it was draining`);
    cancelDeadline = clock.schedule(() => abort(`it had not drained after ${deadlineMs} ms`), deadlineMs);
    draining.abort(reason(why));
  };
  const onSignal = (name: NodeJS.Signals) => {
    exitCode ||= 128 + constants.signals[name];
    advance(`the process received ${name}`);
  };
  for (const name of signals) process.on(name, onSignal);

  return {
    draining: draining.signal,
    signal: aborting.signal,
    get exitCode() {
      return exitCode;
    },
    shutdown: () => advance('shutdown() was called'),
    [Symbol.dispose]: dispose,
  };
}

function reason(why: string): MillraceError {
  return new MillraceError('MILLRACE_SHUTDOWN', `shutdown: ${why}`, { scope: 'run' });
}
