import { z } from 'zod';
import { type Clock, systemClock } from '../../shared/clock.js';
import { MillraceError } from '../../shared/errors.js';
import { checkOptions, count, numberFrom } from '../../shared/options.js';
import type { RunState } from '../run/run-state.js';
import type { Step } from '../run/step.js';
import { partsOf, withParts } from '../run/step-parts.js';
import { callBatch } from './batch-call.js';
import { type Batch, BatchQueue, Member, type MemberEnding } from './batch-queue.js';

export interface BatchStepsOptions<I> {
  /** The most items of a call. */
  maxItems: number;
  /** The most tokens of a call. Default: no bound. */
  maxTokens?: number | undefined;
  /** What an item takes of `maxTokens`. Needed with `maxTokens`. */
  tokens?: ((input: I) => number) | undefined;
  /** A call is due so long after its first item came, if it isn't full before. Default: 20. */
  maxDelayMs?: number | undefined;
  /** An item that is larger than `maxTokens` is an `error`, or goes `alone`. Default: `error`. */
  oversize?: 'error' | 'alone' | undefined;
  /** For tests and simulations. */
  clock?: Clock | undefined;
}

const schema = z.strictObject({
  maxItems: count(1),
  maxTokens: numberFrom(1, Number.MAX_VALUE).optional(),
  tokens: z.custom<never>((value) => typeof value === 'function', 'expected a function').optional(),
  maxDelayMs: numberFrom(0, 2 ** 31 - 1).optional(),
  oversize: z.enum(['error', 'alone'], "expected 'error' or 'alone'").optional(),
  clock: z.custom<Clock>().optional(),
});

/**
 * Makes a step for items of a step for lists of items: items of one run are packed into one call, in the order in which
 * they come, and each gets its own result. A call is made when it is full, or `maxDelayMs` after its first item came.
 *
 * Items that wait hold no slot, and a call holds one: so the run's `concurrency` bounds the calls, and `maxPending` should
 * be at least `concurrency × maxItems`, or calls never get full.
 *
 * - A call that is refused because of one of its items (its error is fatal and of an item's scope, such as status 400) is
 *   made again for halves of it, until only the bad items fail: at most 1 + 2 b ⌈log₂ n⌉ calls for b bad items of n.
 * - Every other error is that of all items of the call.
 * - An item that is aborted leaves a call that has not been made. Afterwards it waits for the call, whose signal aborts
 *   when all of its items are aborted.
 *
 * Policies around the inner step act on calls (one retry repeats the call, a token budget reserves for the list); policies
 * around the outer step act on items (a retry puts the item into a new call). What a call reports as used is shared out
 * to its items by their tokens, so that a token budget may stand on either side, but on one only.
 *
 * @throws MillraceError `MILLRACE_INVALID_ARGUMENT`; from the step: `MILLRACE_OVER_LIMIT` for an item larger than a call,
 * `MILLRACE_STEP_FAILED` if there are not as many results as items.
 *
 * @example
 * const embed = batchSteps({ maxItems: 100, maxTokens: 8000, tokens: (text: string) => text.length / 4 })(
 *   withPolicies(embedAll, retry(), tokenBudget(limiter, { estimateTokens: (texts) => texts.join('').length / 4 })),
 * );
 * const vectors = await runConcurrent(texts, withPolicies(embed, cache()), { concurrency: 4, maxPending: 800 });
 */
export function batchSteps<I>(
  options: BatchStepsOptions<I>,
): <J extends I, O>(next: Step<J[], O[]>) => Step<J, O> {
  checkOptions('batchSteps', schema, options);
  const { maxItems, maxTokens = Number.POSITIVE_INFINITY, maxDelayMs = 20, oversize = 'error' } = options;
  const { tokens, clock = systemClock } = options;
  if (tokens === undefined && options.maxTokens !== undefined) {
    throw new MillraceError(
      'MILLRACE_INVALID_ARGUMENT',
      'batchSteps: option "tokens": expected a function with "maxTokens", received undefined',
    );
  }
  const bounds = { maxItems, maxTokens, maxDelayMs };
  const sizeOf = (input: I) => {
    const size = tokens?.(input) ?? 0;
    if (size <= maxTokens || oversize === 'alone') return size;
    const problem = `an item of ${size} tokens is over the option "maxTokens" of ${maxTokens}`;
    throw new MillraceError(
      'MILLRACE_OVER_LIMIT',
      `batchSteps: ${problem}: expected at most that, or the option oversize: 'alone'`,
      { sent: false },
    );
  };
  return <J extends I, O>(next: Step<J[], O[]>) => {
    const queues = new WeakMap<RunState, BatchQueue<J, O>>();
    const queueOf = (run: RunState) => {
      const known = queues.get(run);
      if (known !== undefined) return known;
      const queue = new BatchQueue<J, O>(bounds, clock);
      queues.set(run, queue);
      return queue;
    };
    const step: Step<J, O> = async (input, context) => {
      const member = new Member<J, O>(input, sizeOf(input), context);
      context.signal.throwIfAborted();
      const batch = queueOf(context.run).join(member);
      return batch.isFull ? lead(next, batch, member) : follow(next, batch, member);
    };
    return withParts(step, ...partsOf(next));
  };
}

/** Makes the call for the whole batch, in the slot that it holds. */
async function lead<I, O>(next: Step<I[], O[]>, batch: Batch<I, O>, member: Member<I, O>): Promise<O> {
  await callBatch(next, member, batch.take());
  return outputOf(await member.ending, member);
}

/** Waits without a slot for somebody else's call, or until it is to make the call. */
async function follow<I, O>(next: Step<I[], O[]>, batch: Batch<I, O>, member: Member<I, O>): Promise<O> {
  const { context } = member;
  const { signal } = context;
  const onAbort = () => {
    if (batch.leave(member)) member.end({ thrown: signal.reason });
  };
  signal.addEventListener('abort', onAbort, { once: true });
  try {
    const ending = await context.waitOutsideSlot('coalesced', () =>
      Promise.race([member.ending, member.asked]),
    );
    if (ending !== 'lead') return outputOf(ending, member);
    if (signal.aborted) return outputOf(await member.ending, member);
    return await lead(next, batch, member);
  } finally {
    signal.removeEventListener('abort', onAbort);
    batch.leave(member);
  }
}

function outputOf<I, O>(ending: MemberEnding<O>, { context: { signal } }: Member<I, O>): O {
  if ('value' in ending) return ending.value;
  throw signal.aborted ? signal.reason : ending.thrown;
}
