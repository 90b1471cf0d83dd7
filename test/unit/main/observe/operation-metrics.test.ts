import { Registry } from 'prom-client';
import { describe, expect, it } from 'vitest';
import { ThreadSafeCache } from '../../../../src/main/cache/thread-safe-cache.js';
import { AdaptiveRateLimiter } from '../../../../src/main/limits/adaptive-rate-limiter.js';
import { CircuitBreaker } from '../../../../src/main/limits/circuit-breaker.js';
import { Limiter } from '../../../../src/main/limits/limiter.js';
import { operationMetrics } from '../../../../src/main/observe/metrics-registry.js';
import { OperationMetrics } from '../../../../src/main/observe/operation-metrics.js';
import { cache } from '../../../../src/main/policies/cache.js';
import { circuitBreaker } from '../../../../src/main/policies/circuit-breaker.js';
import { measure } from '../../../../src/main/policies/measure.js';
import { retry } from '../../../../src/main/policies/retry.js';
import { tokenBudget } from '../../../../src/main/policies/token-budget.js';
import { runConcurrent } from '../../../../src/main/run/run-concurrent.js';
import { settleConcurrent } from '../../../../src/main/run/settle-concurrent.js';
import type { StepContext } from '../../../../src/main/run/step.js';
import { streamConcurrent } from '../../../../src/main/run/stream-concurrent.js';
import { withPolicies } from '../../../../src/main/run/with-policies.js';
import { sleep } from '../../../../src/shared/clock.js';
import { MillraceError } from '../../../../src/shared/errors.js';
import { VirtualClock } from '../../../../src/shared/virtual-clock.js';
import { deferred, quiet } from '../../../helpers/deferred.js';

const transient = () =>
  new MillraceError('MILLRACE_CALL_FAILED', '503', { category: 'transient', sent: true });

/** A registry's numbers by name and labels. */
async function numbers(registry: Registry): Promise<Record<string, number>> {
  const lines = (await registry.metrics()).split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  return Object.fromEntries(
    lines.map((line) => [
      line.slice(0, line.lastIndexOf(' ')),
      Number(line.slice(line.lastIndexOf(' ') + 1)),
    ]),
  );
}

describe('OperationMetrics of a run', () => {
  it('counts items, and how long they and the run took', async () => {
    const clock = new VirtualClock();
    const metrics = new OperationMetrics({ label: 'extraction', clock });
    const step = async (ms: number) => {
      await sleep(clock, ms);
      if (ms === 30) throw new Error('no');
      return ms;
    };
    await clock.run(settleConcurrent([10, 20, 30, 40], step, { metrics, concurrency: 2 }));
    const summary = metrics.summary();
    expect(summary).toMatchObject({
      label: 'extraction',
      items: 4,
      done: 3,
      failed: 1,
      notRun: 0,
      durationMs: 60,
      retries: 0,
      waits: {},
      errors: { fatal: 1 },
    });
    expect(summary.throughput).toBeCloseTo(4000 / 60);
    expect(summary.task.count).toBe(4);
    expect(summary.task.p50).toBeCloseTo(20, 1);
    expect(summary.task.max).toBeCloseTo(40, 1);
    expect(summary.attempt).toEqual(summary.task);
  });

  it('tells attempts from waits, and waits by cause', async () => {
    const clock = new VirtualClock();
    const metrics = new OperationMetrics({ label: 'extraction', clock });
    const limiter = new Limiter({ requestsPerMinute: 60, clock });
    const step = withPolicies(
      async (_: string, { attempt, waitOutsideSlot }: StepContext) => {
        await sleep(clock, 10);
        if (attempt === 1) throw transient();
        await waitOutsideSlot('pool', () => sleep(clock, 5));
        await sleep(clock, 20);
        return 'done';
      },
      retry({ clock, jitter: 'none', baseMs: 3000 }),
      tokenBudget(limiter),
    );
    await clock.run(runConcurrent(['a'], step, { metrics }));
    const { task, attempt, waits, retries } = metrics.summary();
    expect(retries).toBe(1);
    expect(task.max).toBeCloseTo(3045, -1);
    expect(attempt).toMatchObject({ count: 2 });
    expect(attempt.p50).toBeCloseTo(10, 1);
    expect(attempt.max).toBeCloseTo(30, 1);
    expect(waits.retry).toMatchObject({ count: 1, totalMs: 3000 });
    expect(waits.pool).toMatchObject({ count: 1, totalMs: 5 });
    expect(Object.keys(waits).sort()).toEqual(['pool', 'retry']);
  });

  it('counts tokens as they are settled, and the hits of caches', async () => {
    const clock = new VirtualClock();
    const metrics = new OperationMetrics({ label: 'extraction', clock });
    const limiter = new Limiter({ tokensPerMinute: 600_000, clock });
    const step = withPolicies(
      (text: string, { report }: StepContext) => {
        report({ usage: { inputTokens: 100, outputTokens: 20 } });
        if (text === 'unsent') throw new MillraceError('MILLRACE_CALL_FAILED', 'no', { sent: false });
        return text;
      },
      cache(),
      tokenBudget(limiter, { estimateTokens: () => ({ inputTokens: 100, outputTokens: 100 }) }),
    );
    await clock.run(settleConcurrent(['a', 'unsent'], step, { metrics, concurrency: 1 }));
    await clock.run(settleConcurrent(['a', 'a'], step, { metrics, concurrency: 1 }));
    const { reserved, used, refunded } = limiter.stats();
    expect(reserved).toBeGreaterThan(0);
    expect(metrics.summary()).toMatchObject({
      items: 4,
      tokens: { reserved, used, refunded },
      cache: { hits: 2, misses: 2, coalesced: 0 },
    });
    expect(used).toBe(120);
    expect(metrics.summary().attempt.count).toBe(2);
  });

  it('counts what never started when an error ended the run', async () => {
    const metrics = new OperationMetrics({ label: 'extraction' });
    const step = (n: number) => {
      if (n === 1) throw new MillraceError('MILLRACE_CALL_FAILED', 'quota', { scope: 'run' });
      return n;
    };
    await settleConcurrent([0, 1, 2, 3], step, { metrics, concurrency: 1 });
    expect(metrics.summary()).toMatchObject({ items: 2, done: 1, failed: 1, notRun: 2 });
  });

  it('is as exact with steps that return at once, throw at once, and streams that are left', async () => {
    const metrics = new OperationMetrics({ label: 'extraction' });
    const step = (n: number) => {
      if (n === 1) throw new RangeError('at once');
      return n;
    };
    await expect(runConcurrent([0, 1, 2], step, { metrics, concurrency: 1 })).rejects.toThrow('at once');
    for await (const _ of streamConcurrent([5, 6, 7], step, { metrics, concurrency: 1 })) break;
    const { items, done, failed } = metrics.summary();
    expect(done + failed).toBe(items);
    expect(failed).toBe(1);
    expect(metrics.runs.running).toBe(0);
    expect(metrics.runs.queued).toBe(0);
  });

  it('refuses what can’t be the name of a metric', async () => {
    expect(() => new OperationMetrics({ label: '1 extraction' })).toThrow(
      'OperationMetrics: option "label": expected letters, digits and _, and no digit first, received "1 extraction"',
    );
    expect(() => operationMetrics('a', { registry: {} as never })).toThrow(/expected a registry/);
    expect(() => measure({})).toThrow(/option "label": expected a string/);
    await expect(() => runConcurrent([], () => 1, { metrics: 'extraction' as never })).rejects.toThrow(
      /operationMetrics/,
    );
  });
});

describe('operationMetrics', () => {
  it('are in the registry under the names of the plan, live', async () => {
    const clock = new VirtualClock();
    const registry = new Registry();
    const metrics = operationMetrics('extraction', { registry, clock });
    expect(operationMetrics('extraction', { registry })).toBe(metrics);
    const gate = deferred();
    const step = async (n: number, { waitOutsideSlot }: StepContext) => {
      if (n === 0) return waitOutsideSlot('connection', () => gate.promise);
      return gate.promise;
    };
    const run = runConcurrent([0, 1, 2, 3, 4], step, { metrics, concurrency: 2 });
    await quiet();
    expect(await numbers(registry)).toMatchObject({
      extraction_items_total: 3,
      extraction_items_success: 0,
      extraction_items_failed: 0,
      extraction_worker_utilization: 1,
      extraction_concurrent_workers_active: 2,
      extraction_concurrent_items_queued: 2,
      extraction_concurrent_throughput: 0,
      'extraction_waiting_items{cause="connection"}': 1,
      'extraction_waiting_items{cause="retry"}': 0,
    });
    await clock.advance(40);
    gate.resolve();
    await run;
    const after = await numbers(registry);
    expect(after).toMatchObject({
      extraction_items_total: 5,
      extraction_items_success: 5,
      extraction_worker_utilization: 0,
      extraction_concurrent_workers_active: 0,
      extraction_concurrent_items_queued: 0,
      extraction_concurrent_throughput: 5,
      'extraction_duration_seconds_bucket{le="0.001"}': 2,
      'extraction_duration_seconds_bucket{le="0.05"}': 5,
      'extraction_duration_seconds_bucket{le="+Inf"}': 5,
      extraction_duration_seconds_count: 5,
      'extraction_concurrent_duration_seconds_bucket{le="0.025"}': 0,
      'extraction_concurrent_duration_seconds_bucket{le="0.05"}': 1,
      extraction_concurrent_duration_seconds_sum: 0.04,
      extraction_concurrent_duration_seconds_count: 1,
      'extraction_wait_seconds_total{cause="connection"}': 0.04,
    });
    expect(after.extraction_duration_seconds_sum).toBeCloseTo(0.12);
    expect(after['extraction_latency_seconds{quantile="0.95"}']).toBeCloseTo(0.04, 4);
  });

  it('show the breakers, limiters and caches that the step’s policies have', async () => {
    const registry = new Registry();
    const breaker = new CircuitBreaker();
    const answers = new ThreadSafeCache();
    const limiter = new Limiter({ requestsPerMinute: 6000 });
    const step = withPolicies(
      (n: number) => n,
      measure({ label: 'asking', registry }),
      cache(answers),
      retry(),
      circuitBreaker(breaker),
      tokenBudget(limiter),
    );
    await runConcurrent([1, 1], step, { concurrency: 1 });
    expect(await numbers(registry)).toMatchObject({
      asking_items_total: 2,
      'asking_breaker_state{state="closed"}': 1,
      'asking_breaker_state{state="open"}': 0,
      asking_cache_entries: 1,
      'asking_cache_requests_total{result="hit"}': 1,
      'asking_cache_requests_total{result="miss"}': 1,
      asking_limiter_waiting: 0,
    });
    breaker.forceOpen();
    expect(await numbers(registry)).toMatchObject({ 'asking_breaker_state{state="forcedOpen"}': 1 });
    const other = operationMetrics('hooked', { registry });
    await runConcurrent(
      [1],
      withPolicies((n: number) => n, cache(answers)),
      { metrics: other },
    );
    expect(await numbers(registry)).toMatchObject({ hooked_cache_entries: 1 });
  });

  it('show what an adaptive limiter has found, and the limiter that it adjusts', async () => {
    const registry = new Registry();
    const adaptive = new AdaptiveRateLimiter(new Limiter({ requestsPerMinute: 6000 }));
    const step = withPolicies(
      () => {
        throw new MillraceError('MILLRACE_CALL_FAILED', 'too many', { category: 'retryable' });
      },
      measure({ label: 'adapting', registry }),
      tokenBudget(adaptive),
    );
    await settleConcurrent([1], step, { concurrency: 1 });
    expect(adaptive.limit).toBeLessThan(6000);
    expect(await numbers(registry)).toMatchObject({
      'adapting_adaptive_limit{limiter="0"}': adaptive.limit,
      adapting_limiter_refusals_total: 1,
    });
  });

  it('count errors by category and code', async () => {
    const registry = new Registry();
    const metrics = operationMetrics('failing', { registry });
    const step = (n: number) => {
      throw n === 0 ? transient() : new TypeError('no');
    };
    await settleConcurrent([0, 1, 2], step, { metrics });
    expect(await numbers(registry)).toMatchObject({
      failing_items_failed: 3,
      'failing_concurrent_errors{category="transient",code="MILLRACE_CALL_FAILED"}': 1,
      'failing_concurrent_errors{category="fatal",code="MILLRACE_CALL_FAILED"}': 2,
    });
  });

  it('are forgotten by no run, and hold on to none', async () => {
    const metrics = new OperationMetrics({ label: 'many' });
    for (let i = 0; i < 20; i++)
      await runConcurrent(
        [1],
        metrics.measure((n: number) => n),
      );
    expect(metrics.summary()).toMatchObject({ items: 20, done: 20 });
    const { runs } = metrics.runs as unknown as { runs: Map<unknown, unknown> };
    expect(runs.size).toBe(1);
  });
});
