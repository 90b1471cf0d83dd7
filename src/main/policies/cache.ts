import { z } from 'zod';
import { checkOptions } from '../../shared/options.js';
import { stableKey } from '../../shared/stable-key.js';
import { AGAIN, type Flight } from '../cache/flight.js';
import { ThreadSafeCache, type ThreadSafeCacheOptions } from '../cache/thread-safe-cache.js';
import { ContextLayer } from '../run/context-layer.js';
import type { Step, StepContext } from '../run/step.js';
import { withParts } from '../run/step-parts.js';

export interface CacheKeyOptions<I> {
  /** What makes two inputs the same. Default: all that is in them; see {@link stableKey} for what they may be. */
  key?: ((input: I) => string) | undefined;
}

const schema = z.strictObject({
  key: z.custom<never>((value) => typeof value === 'function', 'expected a function').optional(),
});

/**
 * Calls the step only for inputs whose result isn't known yet. Put it outside of retries, budgets and timeouts: a hit
 * passes none of them, and spends no tokens. An item whose result is being made for another one waits for it, without
 * a slot. Errors are not kept. Give a cache to share it among steps, to look at it, or to keep it on disk; steps that
 * share one need keys that differ.
 *
 * @param within - a cache, or how to make one
 * @throws MillraceError `MILLRACE_INVALID_ARGUMENT`; from the step: the same for inputs that a key can't be made of
 *
 * @example
 * const step = withPolicies(extract, cache(answers, { key: (chunk: Chunk) => chunk.hash }), retry());
 */
export function cache<I>(
  within: ThreadSafeCache | ThreadSafeCacheOptions | undefined,
  options: Required<CacheKeyOptions<I>>,
): <J extends I, O>(next: Step<J, O>) => Step<J, O>;
export function cache(
  within?: ThreadSafeCache | ThreadSafeCacheOptions,
): <I, O>(next: Step<I, O>) => Step<I, O>;
export function cache(
  within: ThreadSafeCache | ThreadSafeCacheOptions = {},
  options: CacheKeyOptions<never> = {},
): <I, O>(next: Step<I, O>) => Step<I, O> {
  checkOptions('cache', schema, options);
  const cache = within instanceof ThreadSafeCache ? within : new ThreadSafeCache(within);
  const keyOf = (options.key ?? stableKey) as (input: unknown) => string;
  const policy =
    <I, O>(next: Step<I, O>): Step<I, O> =>
    async (input, context) => {
      const key = keyOf(input);
      for (;;) {
        const kept = cache.inMemory(key);
        if (kept !== undefined) {
          context.report({ cache: 'hit' });
          return kept.value as O;
        }
        const { signal } = context;
        const others = cache.joinable(key);
        if (others !== undefined) {
          context.report({ cache: 'coalesced' });
          const landed = await context.waitOutsideSlot('coalesced', () => board(others, signal));
          if (landed !== AGAIN) return landed.value as O;
          signal.throwIfAborted();
          continue;
        }
        let isLoaded = false;
        const load = (wanted: AbortSignal) => {
          isLoaded = true;
          context.report({ cache: 'miss' });
          return next(input, new LoadContext(context, wanted));
        };
        const landed = await board(cache.begin(key, load, signal), signal);
        if (!isLoaded) context.report({ cache: 'hit' });
        if (landed !== AGAIN) return landed.value as O;
        signal.throwIfAborted();
      }
    };
  return withParts(policy, cache);
}

/** Joins. The last one who gives up waits for the load to end: a run that is stopped leaves nothing behind. */
async function board<V>(
  flight: Flight<V>,
  signal: AbortSignal,
): Promise<{ readonly value: V } | typeof AGAIN> {
  try {
    return await flight.join(signal);
  } catch (error) {
    if (signal.aborted) await flight.wound();
    throw error;
  }
}

/** What the step that loads sees: its signal aborts when nobody wants the value any more, not when one item ends. */
class LoadContext extends ContextLayer {
  constructor(
    under: StepContext,
    private readonly wanted: AbortSignal,
  ) {
    super(under);
  }

  override get signal(): AbortSignal {
    return this.wanted;
  }
}
