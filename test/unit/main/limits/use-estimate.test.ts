import { describe, expect, it } from 'vitest';
import { SimulatedApi } from '../../../../src/main/api/simulated-api.js';
import { simulatedStep } from '../../../../src/main/api/simulated-step.js';
import { Limiter } from '../../../../src/main/limits/limiter.js';
import { UseEstimate } from '../../../../src/main/limits/use-estimate.js';
import { tokenBudget } from '../../../../src/main/policies/token-budget.js';
import { settleConcurrent } from '../../../../src/main/run/settle-concurrent.js';
import { withPolicies } from '../../../../src/main/run/with-policies.js';
import { mulberry32 } from '../../../../src/shared/random.js';
import { VirtualClock } from '../../../../src/shared/virtual-clock.js';

const input = (inputTokens: number) => ({ inputTokens, outputTokens: 0 });

/** An estimate of 100 that turned out to be each of these in turn. */
function taught(used: readonly number[], calls: number): UseEstimate {
  const estimate = new UseEstimate();
  for (let i = 0; i < calls; i++) estimate.learn(input(100), input(used[i % used.length]!));
  return estimate;
}

describe('UseEstimate', () => {
  it('doubles estimates until it knows better', () => {
    expect(taught([50], 19).ratio).toBe(2);
    expect(taught([50], 20).ratio).toBeCloseTo(0.5, 12);
  });

  it('has no margin for estimates that are right, or off by the same factor, or with nothing under way', () => {
    const estimate = taught([150], 200);
    estimate.began(input(100));
    expect(estimate.margin).toBeCloseTo(0, 6);
    expect(taught([50, 150], 200).margin).toBe(0);
  });

  it('has three deviations of the sum of what is under way: that of the calls, and that of the ratio', () => {
    const estimate = taught([50, 150], 2000);
    for (let i = 0; i < 100; i++) estimate.began(input(100));
    const expected = 3 * 0.5 * 100 * Math.sqrt(100 + 100 ** 2 / 99);
    expect(estimate.margin / expected).toBeCloseTo(1, 1);
    for (let i = 0; i < 100; i++) estimate.ended(input(100));
    expect(estimate.margin).toBe(0);
  });
});

it.each([400, 1500, 6000])(
  'is never refused with estimates off by a half and answers that take %d ms',
  {
    timeout: 60_000,
  },
  async (median) => {
    for (const seed of [1, 2, 3]) {
      const clock = new VirtualClock();
      const limits = { tokensPerMinute: 1_000_000, start: 'empty' } as const;
      const api = new SimulatedApi({ limits, latencyMs: { median, sigma: 0.5 }, seed, clock });
      const limiter = new Limiter({ tokensPerMinute: 990_000, start: 'nothing', clock });
      const random = mulberry32(seed);
      const items = Array.from({ length: 2000 }, () => {
        const promptTokens = Math.round(300 + 1000 * random());
        return { promptTokens, maxTokens: 400, estimate: promptTokens * (0.5 + random()) };
      });
      const step = withPolicies(
        simulatedStep<(typeof items)[number]>(api, ({ estimate: _, ...request }) => request),
        tokenBudget(limiter, {
          estimateTokens: ({ estimate }: (typeof items)[number]) => ({
            inputTokens: estimate,
            outputTokens: 400,
          }),
        }),
      );
      api.begin();
      const stop = new AbortController();
      const run = settleConcurrent(items, step, { concurrency: 300, signal: stop.signal }).catch(() => {});
      await clock.advance(90_000);
      const { refused, utilisation } = api.stats();
      stop.abort();
      await clock.run(run);
      expect(refused).toBe(0);
      expect(utilisation).toBeGreaterThan(0.95);
    }
  },
);
