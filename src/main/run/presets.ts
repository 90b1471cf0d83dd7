import type { ThreadSafeCache } from '../cache/thread-safe-cache.js';
import type { TokenUse } from '../limits/gate.js';
import { Limiter } from '../limits/limiter.js';
import type { Rates } from '../limits/limiter-options.js';
import type { ErrorAggregator } from '../observe/error-aggregator.js';
import { type MetricsRegistry, operationMetrics } from '../observe/metrics-registry.js';
import { cache } from '../policies/cache.js';
import { type RetryOptions, retry } from '../policies/retry.js';
import { tokenBudget } from '../policies/token-budget.js';
import { runConcurrent } from './run-concurrent.js';
import type { RunOptions } from './run-options.js';
import { settleConcurrent } from './settle-concurrent.js';
import type { Inputs, Outcome, Step } from './step.js';
import { withPolicies } from './with-policies.js';

/**
 * `runConcurrent` with `retry(options.retry)` around the step.
 *
 * @throws as `runConcurrent` and `retry` do
 *
 * @example
 * const answers = await runConcurrentWithRetry(questions, ask, { retry: { maxAttempts: 3 }, concurrency: 10 });
 */
export async function runConcurrentWithRetry<I, O>(
  inputs: Inputs<I>,
  step: Step<I, O>,
  { retry: how, ...options }: RunOptions<I> & { retry?: RetryOptions } = {},
): Promise<O[]> {
  return runConcurrent(inputs, withPolicies(step, retry(how)), options);
}

/**
 * `runConcurrent` with `metrics: operationMetrics(options.metricPrefix)`.
 *
 * @throws as `runConcurrent` and `operationMetrics` do
 *
 * @example
 * const answers = await runConcurrentWithMetrics(questions, ask, { metricPrefix: 'extraction', concurrency: 10 });
 */
export async function runConcurrentWithMetrics<I, O>(
  inputs: Inputs<I>,
  step: Step<I, O>,
  {
    metricPrefix,
    registry,
    ...options
  }: RunOptions<I> & { metricPrefix: string; registry?: MetricsRegistry },
): Promise<O[]> {
  return runConcurrent(inputs, step, { ...options, metrics: operationMetrics(metricPrefix, { registry }) });
}

/**
 * `runConcurrent` with `cache(options.cache, { key: options.cacheKey })` around the step.
 *
 * @throws as `runConcurrent` and `cache` do
 *
 * @example
 * const answers = await runConcurrentWithCache(items, compute, { cacheKey: (item) => item.id, cache: known });
 */
export async function runConcurrentWithCache<I, O>(
  inputs: Inputs<I>,
  step: Step<I, O>,
  {
    cache: within,
    cacheKey: key,
    ...options
  }: RunOptions<I> & { cache?: ThreadSafeCache<O>; cacheKey?: (input: I) => string } = {},
): Promise<O[]> {
  return runConcurrent(inputs, withPolicies(step, key ? cache<I>(within, { key }) : cache(within)), options);
}

/**
 * `runConcurrent` with a token budget around the step: that of `limiter`, or of one with the rates that are given.
 *
 * @throws as `runConcurrent` and `Limiter` do
 *
 * @example
 * const vectors = await runConcurrentWithTpm(texts, embed, {
 *   estimateTokens: (text) => text.length / 4,
 *   tokensPerMinute: 1_000_000,
 *   requestsPerMinute: 50_000,
 *   concurrency: 50,
 * });
 */
export async function runConcurrentWithTpm<I, O>(
  inputs: Inputs<I>,
  step: Step<I, O>,
  {
    tokensPerMinute,
    requestsPerMinute,
    limiter = new Limiter({ tokensPerMinute, requestsPerMinute }),
    estimateTokens,
    usage,
    ...options
  }: RunOptions<I> &
    Pick<Rates, 'tokensPerMinute' | 'requestsPerMinute'> & {
      limiter?: Limiter;
      estimateTokens?: (input: I) => number | TokenUse;
      usage?: (output: O) => TokenUse | undefined;
    } = {},
): Promise<O[]> {
  const budget = { ...(estimateTokens && { estimateTokens }), ...(usage && { usage }) };
  return runConcurrent(inputs, withPolicies(step, tokenBudget<I, O>(limiter, budget)), options);
}

/** The options of `runConcurrentWithErrorHandling`. */
type ErrorHandlingOptions<I> = Omit<RunOptions<I>, 'onError'> & { errorAggregator: ErrorAggregator<I> };

/**
 * `settleConcurrent` with `onError: options.errorAggregator.add`; with `continueOnError: false`, `runConcurrent`.
 *
 * @throws as those do
 *
 * @example
 * const errorAggregator = new ErrorAggregator<string>();
 * const outcomes = await runConcurrentWithErrorHandling(urls, download, { errorAggregator, concurrency: 10 });
 * if (errorAggregator.hasErrors()) errorAggregator.logSummary();
 * errorAggregator.raiseIfCritical();
 */
export function runConcurrentWithErrorHandling<I, O>(
  inputs: Inputs<I>,
  step: Step<I, O>,
  options: ErrorHandlingOptions<I> & { continueOnError?: true },
): Promise<Outcome<O>[]>;
export function runConcurrentWithErrorHandling<I, O>(
  inputs: Inputs<I>,
  step: Step<I, O>,
  options: ErrorHandlingOptions<I> & { continueOnError: false },
): Promise<O[]>;
export async function runConcurrentWithErrorHandling<I, O>(
  inputs: Inputs<I>,
  step: Step<I, O>,
  {
    errorAggregator,
    continueOnError = true,
    ...options
  }: ErrorHandlingOptions<I> & { continueOnError?: boolean },
): Promise<Outcome<O>[] | O[]> {
  const run = continueOnError ? settleConcurrent<I, O> : runConcurrent<I, O>;
  return run(inputs, step, { ...options, onError: errorAggregator.add });
}
