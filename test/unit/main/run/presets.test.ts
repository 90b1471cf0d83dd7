import { Registry } from 'prom-client';
import { describe, expect, it } from 'vitest';
import { ThreadSafeCache } from '../../../../src/main/cache/thread-safe-cache.js';
import { Limiter } from '../../../../src/main/limits/limiter.js';
import { ErrorAggregator } from '../../../../src/main/observe/error-aggregator.js';
import { operationMetrics } from '../../../../src/main/observe/metrics-registry.js';
import { cache } from '../../../../src/main/policies/cache.js';
import { retry } from '../../../../src/main/policies/retry.js';
import { tokenBudget } from '../../../../src/main/policies/token-budget.js';
import {
  runConcurrentWithCache,
  runConcurrentWithErrorHandling,
  runConcurrentWithMetrics,
  runConcurrentWithRetry,
  runConcurrentWithTpm,
} from '../../../../src/main/run/presets.js';
import { runConcurrent } from '../../../../src/main/run/run-concurrent.js';
import { settleConcurrent } from '../../../../src/main/run/settle-concurrent.js';
import type { StepContext } from '../../../../src/main/run/step.js';
import { withPolicies } from '../../../../src/main/run/with-policies.js';
import { MillraceError } from '../../../../src/shared/errors.js';
import { VirtualClock } from '../../../../src/shared/virtual-clock.js';

/** What two calls do, each on a clock of its own: results, and every call of the step with its time. */
async function trace<T>(call: (clock: VirtualClock, seen: unknown[]) => Promise<T>) {
  const clock = new VirtualClock();
  const seen: unknown[] = [];
  const result = await clock.run(
    call(clock, seen).then(
      (value) => ({ value }),
      (error) => ({ error: String(error) }),
    ),
  );
  return { result, seen, now: clock.now(), pending: clock.pending };
}

const inputs = [1, 2, 3, 2, 1];
const concurrency = 2;

/** Fails for the first two attempts at even numbers. */
const flaky =
  (clock: VirtualClock, seen: unknown[]) =>
  (n: number, { index, attempt }: StepContext) => {
    seen.push([n, index, attempt, clock.now()]);
    if (n % 2 === 0 && attempt < 3)
      throw new MillraceError('MILLRACE_CALL_FAILED', '503', { category: 'transient' });
    return n * 10;
  };

describe('presets are their compositions', () => {
  it('runConcurrentWithRetry', async () => {
    const how = (clock: VirtualClock) => ({ clock, maxAttempts: 3, jitter: 'none' as const });
    const preset = await trace((clock, seen) =>
      runConcurrentWithRetry(inputs, flaky(clock, seen), { retry: how(clock), concurrency }),
    );
    const composed = await trace((clock, seen) =>
      runConcurrent(inputs, withPolicies(flaky(clock, seen), retry(how(clock))), { concurrency }),
    );
    expect(preset).toEqual(composed);
    expect(preset).toMatchObject({ result: { value: [10, 20, 30, 20, 10] }, pending: 0 });
  });

  it('runConcurrentWithMetrics', async () => {
    const run = async (call: (registry: Registry, seen: unknown[]) => Promise<unknown>) => {
      const registry = new Registry();
      const seen: unknown[] = [];
      const result = await call(registry, seen);
      const text = await registry.metrics();
      return {
        result,
        seen,
        counts: text.split('\n').filter((line) => /_items_|_errors|_throughput/.test(line)),
      };
    };
    const step = (seen: unknown[]) => (n: number) => seen.push(n);
    const preset = await run((registry, seen) =>
      runConcurrentWithMetrics(inputs, step(seen), { metricPrefix: 'extraction', registry, concurrency }),
    );
    const composed = await run((registry, seen) => {
      const metrics = operationMetrics('extraction', { registry });
      return runConcurrent(inputs, step(seen), { metrics, concurrency });
    });
    expect(preset).toEqual(composed);
    expect(preset.counts).toContain('extraction_items_success 5');
  });

  it('runConcurrentWithCache', async () => {
    const key = (n: number) => `number ${n}`;
    const step = (seen: unknown[]) => async (n: number) => seen.push(n);
    const caches = [new ThreadSafeCache<number>(), new ThreadSafeCache<number>()] as const;
    const preset = await trace((_, seen) =>
      runConcurrentWithCache(inputs, step(seen), { cache: caches[0], cacheKey: key, concurrency }),
    );
    const composed = await trace((_, seen) =>
      runConcurrent(inputs, withPolicies(step(seen), cache(caches[1], { key })), { concurrency }),
    );
    expect(preset).toEqual(composed);
    expect(preset.seen).toEqual([1, 2, 3]);
    expect(caches[0].stats()).toEqual(caches[1].stats());
    expect(await caches[0].has('number 3')).toBe(true);
    const plain = await trace((_, seen) => runConcurrentWithCache(inputs, step(seen)));
    expect(plain.seen).toEqual([1, 2, 3]);
  });

  it('runConcurrentWithTpm', async () => {
    const rates = { tokensPerMinute: 600, requestsPerMinute: 60 };
    const estimateTokens = (n: number) => n * 10;
    const usage = (n: number) => ({ inputTokens: n, outputTokens: 0 });
    const step = (clock: VirtualClock, seen: unknown[]) => (n: number) => {
      seen.push([n, clock.now()]);
      return n;
    };
    const preset = await trace((clock, seen) =>
      runConcurrentWithTpm(inputs, step(clock, seen), {
        limiter: new Limiter({ ...rates, clock }),
        estimateTokens,
        usage,
        concurrency,
      }),
    );
    const composed = await trace((clock, seen) => {
      const budget = tokenBudget<number, number>(new Limiter({ ...rates, clock }), { estimateTokens, usage });
      return runConcurrent(inputs, withPolicies(step(clock, seen), budget), { concurrency });
    });
    expect(preset).toEqual(composed);
    expect(preset.now).toBeGreaterThan(1000);
    const rated = { tokensPerMinute: 6e9, requestsPerMinute: 6e9, estimateTokens };
    expect(await runConcurrentWithTpm(inputs, (n) => n, rated)).toEqual(inputs);
    await expect(
      runConcurrentWithTpm(inputs, (n) => n, { ...rated, tokensPerMinute: 5 }),
    ).rejects.toMatchObject({
      code: 'MILLRACE_OVER_LIMIT',
    });
  });

  it('runConcurrentWithErrorHandling', async () => {
    const step = (n: number) => {
      if (n === 2) throw new RangeError('two');
      return n;
    };
    const [ours, theirs] = [new ErrorAggregator<number>(), new ErrorAggregator<number>()];
    const preset = await runConcurrentWithErrorHandling(inputs, step, { errorAggregator: ours, concurrency });
    const composed = await settleConcurrent(inputs, step, { onError: theirs.add, concurrency });
    expect(preset).toEqual(composed);
    expect(ours.summary()).toBe(theirs.summary());
    expect(ours.count).toBe(2);
    const stopping = { errorAggregator: ours, continueOnError: false as const, concurrency: 1 };
    await expect(runConcurrentWithErrorHandling(inputs, step, stopping)).rejects.toThrow('two');
    expect(ours.count).toBe(3);
  });
});
