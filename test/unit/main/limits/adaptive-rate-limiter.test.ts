import { describe, expect, it } from 'vitest';
import { SimulatedApi } from '../../../../src/main/api/simulated-api.js';
import { simulatedStep } from '../../../../src/main/api/simulated-step.js';
import {
  AdaptiveRateLimiter,
  type AdaptiveRateLimiterOptions,
} from '../../../../src/main/limits/adaptive-rate-limiter.js';
import { ConcurrencyLimit } from '../../../../src/main/limits/concurrency-limit.js';
import { Limiter } from '../../../../src/main/limits/limiter.js';
import { cache } from '../../../../src/main/policies/cache.js';
import { concurrencyLimit } from '../../../../src/main/policies/concurrency-limit.js';
import { retry } from '../../../../src/main/policies/retry.js';
import { timeout } from '../../../../src/main/policies/timeout.js';
import { tokenBudget } from '../../../../src/main/policies/token-budget.js';
import { runConcurrent } from '../../../../src/main/run/run-concurrent.js';
import { settleConcurrent } from '../../../../src/main/run/settle-concurrent.js';
import type { Step } from '../../../../src/main/run/step.js';
import { withPolicies } from '../../../../src/main/run/with-policies.js';
import { sleep } from '../../../../src/shared/clock.js';
import { VirtualClock } from '../../../../src/shared/virtual-clock.js';
import { HiddenLimitServer } from '../../../helpers/hidden-limit-server.js';

/** Calls a step without end, as fast as it goes. */
function load(clock: VirtualClock, step: Step<number, void>) {
  const controller = new AbortController();
  function* numbers() {
    for (let i = 0; ; i++) yield i;
  }
  const options = { concurrency: 200, maxPending: 400, signal: controller.signal };
  const ended = settleConcurrent(numbers(), step, options).catch(() => {});
  return async () => {
    controller.abort();
    await clock.run(ended);
  };
}

function adaptive(clock: VirtualClock, options: AdaptiveRateLimiterOptions = {}) {
  const limiter = new Limiter({ requestsPerMinute: 60, burstSeconds: 0.1, clock });
  return new AdaptiveRateLimiter(limiter, { clock, ...options });
}

const patient = (clock: VirtualClock) => retry({ clock, budget: null, maxAttempts: 50 });

describe('AdaptiveRateLimiter', () => {
  it.each([
    { perSecond: 100, burstSeconds: 0.2 },
    { perSecond: 100, burstSeconds: 1 },
    { perSecond: 400, burstSeconds: 0.2 },
    { perSecond: 400, burstSeconds: 1 },
  ])(
    'finds a limit of $perSecond calls a second (burst: $burstSeconds s), and follows it by half and twofold',
    {
      timeout: 30_000,
    },
    async ({ perSecond, burstSeconds }) => {
      const clock = new VirtualClock();
      const server = new HiddenLimitServer(clock, perSecond, burstSeconds);
      const step = withPolicies(server.call, patient(clock), tokenBudget(adaptive(clock)));
      const stop = load(clock, step);
      await clock.advance(120_000);
      expect(server.share(20, 30)).toBeGreaterThan(0.9);
      expect(server.share(30, 120)).toBeGreaterThan(0.9);
      expect(server.refusals(0, 120)).toBeLessThan(0.005);

      server.perSecond /= 2;
      await clock.advance(60_000);
      expect(server.share(150, 180)).toBeGreaterThan(0.9);
      expect(server.refusals(150, 180)).toBeLessThan(0.005);

      server.perSecond *= 2;
      await clock.advance(60_000);
      expect(server.share(210, 240)).toBeGreaterThan(0.9);
      expect(server.refusals(0, 240)).toBeLessThan(0.005);
      await stop();
      expect(clock.pending).toBe(0);
    },
  );

  it('finds the tokens a minute of a simulated API that hides them, and follows a change', async () => {
    const clock = new VirtualClock();
    const tokensPerMinute = 6_000_000;
    const changes = [{ atMs: 120_000, factor: 0.5 }];
    const api = new SimulatedApi({
      clock,
      limits: { mode: 'hidden', tokensPerMinute, start: 'empty', changes },
    });
    const call = simulatedStep(api, () => ({ promptTokens: 700, maxTokens: 300 }));
    const limiter = new Limiter({ tokensPerMinute: 60_000, clock });
    const budget = tokenBudget(new AdaptiveRateLimiter(limiter, { clock }), {
      estimateTokens: () => ({ inputTokens: 700, outputTokens: 300 }),
    });
    const stop = load(
      clock,
      withPolicies<number, unknown>(call, patient(clock), budget) as Step<number, void>,
    );
    const next = async (durationMs: number) => {
      const before = api.stats();
      await clock.advance(durationMs);
      const { tokensSettled, refused, requests } = api.stats();
      return {
        share: ((tokensSettled - before.tokensSettled) * 60_000) / durationMs / tokensPerMinute,
        refusals: (refused - before.refused) / (requests - before.requests),
      };
    };
    await next(30_000);
    const found = await next(90_000);
    expect(found.share).toBeGreaterThan(0.9);
    expect(found.refusals).toBeLessThan(0.005);
    await next(30_000);
    const followed = await next(90_000);
    expect(followed.share).toBeGreaterThan(0.45);
    expect(followed.refusals).toBeLessThan(0.005);
    await stop();
  });

  it('cuts once for a burst of refusals, and obeys retry-after', async () => {
    const clock = new VirtualClock();
    const server = new HiddenLimitServer(clock, 100, 0.2, 3000);
    const cuts: number[] = [];
    let limit = 0;
    const found = adaptive(clock, {
      onChange: (to) => {
        if (to < limit) cuts.push(clock.now());
        limit = to;
      },
    });
    const stop = load(clock, withPolicies(server.call, patient(clock), tokenBudget(found)));
    await clock.advance(60_000);
    for (const at of cuts) {
      const second = Math.ceil(at / 1000);
      expect(server.admitted[second + 1] ?? 0).toBe(0);
    }
    for (let i = 1; i < cuts.length; i++) expect(cuts[i]! - cuts[i - 1]!).toBeGreaterThan(3000);
    expect(cuts.length).toBeGreaterThan(1);
    await stop();
  });

  it('does not grow where little of it is used', async () => {
    const clock = new VirtualClock();
    const found = adaptive(clock);
    const server = new HiddenLimitServer(clock, 100);
    const step = withPolicies(server.call, tokenBudget(found));
    await clock.run(
      runConcurrent(
        Array.from({ length: 20 }, (_, i) => i),
        async (input, context) => {
          await step(input as never, context);
          await sleep(clock, 5000);
        },
        { concurrency: 1 },
      ),
    );
    expect(found.limit).toBe(60);
  });

  it('counts no cache hits', async () => {
    const clock = new VirtualClock();
    const found = adaptive(clock);
    const step = withPolicies(async () => sleep(clock, 10), cache({}), tokenBudget(found));
    await clock.run(
      runConcurrent(
        Array.from({ length: 300 }, () => 1),
        async (input, context) => {
          await step(input, context);
          await sleep(clock, 100);
        },
        { concurrency: 1 },
      ),
    );
    expect(found.limit).toBe(60);
  });

  it.each(['aimd', 'gradient'] as const)('does not grow by constant time-outs (%s)', async (algorithm) => {
    const clock = new VirtualClock();
    const limit = new ConcurrencyLimit(50, clock);
    const found = new AdaptiveRateLimiter(limit, { algorithm, clock });
    const hangs = async (_input: number, { signal }: { signal: AbortSignal }) => sleep(clock, 1e9, signal);
    const step = withPolicies(hangs, patient(clock), concurrencyLimit(found), timeout(1000, { clock }));
    const stop = load(clock, step);
    await clock.advance(60_000);
    expect(found.limit).toBeLessThan(10);
    await stop();
  });

  it('finds how many calls at once a server bears that never refuses', async () => {
    const clock = new VirtualClock();
    const limit = new ConcurrencyLimit(4, clock);
    const found = new AdaptiveRateLimiter(limit, { algorithm: 'gradient', clock });
    let running = 0;
    let served = 0;
    const serve = async () => {
      running++;
      await sleep(clock, 100 * Math.max(1, running / 40));
      running--;
      served++;
    };
    const stop = load(clock, withPolicies(serve, concurrencyLimit(found)));
    await clock.advance(60_000);
    const before = served;
    await clock.advance(60_000);
    expect((served - before) / 60).toBeGreaterThan(0.9 * 400);
    expect(found.limit).toBeLessThan(120);
    await stop();
  });

  it('changes all rates in their proportion', () => {
    const clock = new VirtualClock();
    const limiter = new Limiter({ requestsPerMinute: 60, tokensPerMinute: 6000, clock });
    const found = new AdaptiveRateLimiter(limiter, { clock, max: 100 });
    for (let second = 0; second < 3; second++) {
      const permits = Array.from({ length: 9 }, () =>
        found.take({ inputTokens: 1, outputTokens: 1 }, clock.now()),
      );
      void clock.advance(1000);
      for (const permit of permits) permit.end({ sent: true, durationMs: 1 });
    }
    expect(limiter.rates.tokensPerMinute! / limiter.rates.requestsPerMinute!).toBeCloseTo(100);
  });

  it('refuses a limiter without rates', () => {
    expect(() => new AdaptiveRateLimiter(new Limiter({}))).toThrow(/a limiter with a rate to begin with/);
  });
});
