import { expect, it } from 'vitest';
import { SimulatedApi } from '../../../../src/main/api/simulated-api.js';
import type { SimulatedApiOptions } from '../../../../src/main/api/simulated-options.js';
import { simulatedStep } from '../../../../src/main/api/simulated-step.js';
import { Limiter } from '../../../../src/main/limits/limiter.js';
import { retry } from '../../../../src/main/policies/retry.js';
import { timeout } from '../../../../src/main/policies/timeout.js';
import { tokenBudget } from '../../../../src/main/policies/token-budget.js';
import { settleConcurrent } from '../../../../src/main/run/settle-concurrent.js';
import { withPolicies } from '../../../../src/main/run/with-policies.js';
import { VirtualClock } from '../../../../src/shared/virtual-clock.js';

const request = () => ({ promptTokens: 100, maxTokens: 200 });

async function outcomesOf(items: number, options: SimulatedApiOptions) {
  const clock = new VirtualClock();
  const api = new SimulatedApi({ clock, ...options });
  const step = withPolicies(simulatedStep(api, request), timeout(30_000, { clock }));
  const inputs = Array.from({ length: items }, (_, i) => i);
  const outcomes = await clock.run(settleConcurrent(inputs, step, { concurrency: 8 }));
  expect(clock.pending).toBe(0);
  expect(api.stats().inFlight).toBe(0);
  return { outcomes, api, clock };
}

it('takes the time of the call and tells what was used', async () => {
  const { outcomes, api, clock } = await outcomesOf(1, {
    latencyMs: { median: 750, sigma: 0 },
    outputTokens: { median: 50, sigma: 0 },
  });
  expect(outcomes).toMatchObject([{ state: 'done', value: { inputTokens: 100, outputTokens: 50 } }]);
  expect(clock.now()).toBe(750);
  expect(api.stats()).toMatchObject({ completed: 1, tokensAdmitted: 300, tokensSettled: 150 });
});

it.each([
  ['503', { category: 'transient', sent: true }],
  ['429', { category: 'retryable', retryAfterMs: 1000 }],
  ['quota', { category: 'fatal', scope: 'run' }],
  ['401', { category: 'fatal', scope: 'run' }],
  ['400', { category: 'fatal', scope: 'item' }],
  ['reset', { category: 'transient', sent: 'unknown' }],
  ['stall', { category: 'transient', code: 'MILLRACE_TIMEOUT' }],
  ['truncated', { category: 'transient', sent: true }],
  ['malformed', { category: 'transient', sent: true }],
])('fails as a real client does: %s', async (fault, error) => {
  const { outcomes } = await outcomesOf(1, { faults: [fault] });
  expect(outcomes).toMatchObject([{ state: 'failed', error }]);
});

it('works ten minutes off in a moment, the same in every run', { timeout: 30_000 }, async () => {
  const once = async () => {
    const clock = new VirtualClock();
    const api = new SimulatedApi({
      clock,
      limits: { tokensPerMinute: 60_000, start: 'empty' },
      faults: ['500:2%', 'reset:1%'],
    });
    const limiter = new Limiter({ tokensPerMinute: 60_000, clock });
    const step = withPolicies(
      simulatedStep(api, request),
      retry({ clock, random: () => 0.5 }),
      tokenBudget(limiter, { estimateTokens: () => ({ inputTokens: 100, outputTokens: 200 }) }),
    );
    const inputs = Array.from({ length: 2500 }, (_, i) => i);
    const outcomes = await clock.run(settleConcurrent(inputs, step, { concurrency: 64 }));
    expect(outcomes.filter(({ state }) => state === 'done')).toHaveLength(2500);
    return api.stats();
  };
  const stats = await once();
  expect(stats.completed).toBe(2500);
  expect(stats.utilisation).toBeGreaterThan(0.9);
  expect(await once()).toEqual(stats);
});
