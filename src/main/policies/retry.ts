import { z } from 'zod';
import { type Clock, sleep, systemClock } from '../../shared/clock.js';
import type { MillraceError } from '../../shared/errors.js';
import { checkOptions, count, numberFrom } from '../../shared/options.js';
import type { Step } from '../run/step.js';
import { classifyError } from './classify-error.js';
import { RetryBudget } from './retry-budget.js';

export interface RetryOptions {
  /** How often an item is tried at most, the first time included. Default: 5. */
  maxAttempts?: number | undefined;
  /** The first wait is at most so long; each further one at most twice as long. Default: 500. */
  baseMs?: number | undefined;
  /** No wait is longer, unless the other side asks for more. Default: 60,000. */
  capMs?: number | undefined;
  /**
   * `full`: evenly between 0 and the longest wait. `decorrelated`: evenly between `baseMs` and three times the wait
   * before. `none`: the longest wait. Default: `full`.
   */
  jitter?: 'full' | 'decorrelated' | 'none' | undefined;
  /** Shared with other steps that call the same service. Default: one of this policy's own. `null` is no bound. */
  budget?: RetryBudget | null | undefined;
  /** Told before each wait. */
  onRetry?: ((error: MillraceError, attempt: number, delayMs: number) => void) | undefined;
  /** For tests and simulations. */
  clock?: Clock | undefined;
  /** Numbers in [0, 1). Default: `Math.random`. */
  random?: (() => number) | undefined;
}

const positive = numberFrom(0, Number.MAX_VALUE).optional();
const schema = z.strictObject({
  maxAttempts: count(1).optional(),
  baseMs: positive,
  capMs: positive,
  jitter: z.enum(['full', 'decorrelated', 'none'], "expected 'full', 'decorrelated' or 'none'").optional(),
  budget: z.custom<RetryBudget | null>().optional(),
  onRetry: z.custom<NonNullable<RetryOptions['onRetry']>>((value) => typeof value === 'function').optional(),
  clock: z.custom<Clock>().optional(),
  random: z.custom<() => number>((value) => typeof value === 'function').optional(),
});

/**
 * Tries again what may succeed later: errors whose category is `retryable` or `transient`. Errors that are not
 * Millrace's are classified first (see {@link classifyError}). The waits are those of "Exponential Backoff and Jitter"
 * (AWS Architecture Blog, 2015); what the other side asks for by `retry-after` goes before. An item that waits holds
 * neither a slot nor a permit. Aborts are not tried again.
 *
 * @throws MillraceError `MILLRACE_INVALID_ARGUMENT`; from the step: the error of the last attempt.
 *
 * @example
 * const step = withPolicies(callApi, retry({ maxAttempts: 3 }));
 */
export function retry(options: RetryOptions = {}): <I, O>(next: Step<I, O>) => Step<I, O> {
  const given = checkOptions('retry', schema, options);
  const { maxAttempts = 5, onRetry, clock = systemClock } = given;
  const budget = given.budget === undefined ? new RetryBudget({ clock }) : given.budget;
  return (next) => async (input, context) => {
    const nextWait = waits(given);
    for (let attempt = 1; ; attempt++) {
      if (attempt === 1) budget?.called();
      try {
        return await next(input, context);
      } catch (thrown) {
        const error = classifyError(thrown);
        const isHopeless = error.category === 'fatal' || attempt >= maxAttempts || context.signal.aborted;
        if (isHopeless || budget?.grant() === false) throw thrown;
        const delayMs = error.retryAfterMs ?? nextWait();
        onRetry?.(error, attempt, delayMs);
        await waitInBudget(budget, () =>
          context.waitOutsideSlot('retry', () => sleep(clock, delayMs, context.signal)),
        );
        context.signal.throwIfAborted();
        context.report({ attempt: attempt + 1 });
      }
    }
  };
}

async function waitInBudget(budget: RetryBudget | null, wait: () => Promise<void>): Promise<void> {
  try {
    await wait();
  } catch (reason) {
    budget?.dropped();
    throw reason;
  }
  budget?.began();
}

/** The waits of one item, one after the other. */
function waits(options: RetryOptions): () => number {
  const { baseMs = 500, capMs = 60_000, jitter = 'full', random = Math.random } = options;
  let longest = baseMs;
  let last = baseMs;
  return () => {
    if (jitter === 'decorrelated') {
      last = Math.min(capMs, baseMs + random() * (3 * last - baseMs));
      return last;
    }
    const bound = Math.min(capMs, longest);
    longest *= 2;
    return jitter === 'none' ? bound : random() * bound;
  };
}
