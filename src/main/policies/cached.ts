import type { ThreadSafeCache, ThreadSafeCacheOptions } from '../cache/thread-safe-cache.js';
import { loneContext } from '../run/lone-context.js';
import type { Step, StepContext } from '../run/step.js';
import { partsOf, withParts } from '../run/step-parts.js';
import { type CacheKeyOptions, cache } from './cache.js';

/**
 * A function that remembers its results, to be called as it is or used as a step: the decorator form of {@link cache}.
 * Concurrent calls for one input are one.
 *
 * @throws MillraceError `MILLRACE_INVALID_ARGUMENT`; from the function, for inputs that a key can't be made of, too
 *
 * @example
 * const compute = cached(expensiveOperation, { maxEntries: 10_000 });
 * const results = await runConcurrent(items, compute);
 */
export function cached<I, O>(
  step: Step<I, O>,
  within: ThreadSafeCache | ThreadSafeCacheOptions = {},
  options: CacheKeyOptions<NoInfer<I>> = {},
): (input: I, context?: StepContext) => Promise<O> {
  const policy = options.key === undefined ? cache(within) : cache(within, { key: options.key });
  const remembering = policy(step);
  const call = async (input: I, context = loneContext()) => remembering(input, context);
  return withParts(call, ...partsOf(policy));
}
