import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { forecastCalls } from '../../../../src/main/api/forecast-calls.js';
import { forecastEmbedTexts } from '../../../../src/main/api/forecast-embed-texts.js';
import { isAdmitted, SimulatedApi, type SimulatedRequest } from '../../../../src/main/api/simulated-api.js';
import type { TokenUse } from '../../../../src/main/limits/gate.js';
import { retry } from '../../../../src/main/policies/retry.js';
import type { Policy } from '../../../../src/main/run/step.js';

const calls = (count: number, request: SimulatedRequest = { promptTokens: 100, maxTokens: 50 }) =>
  Array.from({ length: count }, () => request);
const EXACT = { latencyMs: { median: 500, sigma: 0 }, outputTokens: { median: 20, sigma: 0 } };

describe('forecastCalls', () => {
  it('knows the time that the concurrency asks for', async () => {
    const forecast = await forecastCalls(calls(10), { server: EXACT, concurrency: 2 });
    expect(forecast).toEqual({
      wallMs: 2500,
      calls: 10,
      requests: 10,
      inputTokens: 1000,
      outputTokens: 200,
      cost: null,
      tokenUse: null,
      requestUse: null,
    });
  });

  it('knows the time that the limits ask for, and how much of them is used', async () => {
    const limits = { tokensPerMinute: 12_000, requestsPerMinute: 1000 };
    const forecast = await forecastCalls(calls(1000), { server: { ...EXACT, limits }, concurrency: 100 });
    expect(forecast.wallMs / 60_000).toBeCloseTo(10, 0);
    expect(forecast.tokenUse).toBeGreaterThan(0.98);
    expect(forecast.tokenUse).toBeLessThanOrEqual(1);
    expect(forecast.requestUse).toBeCloseTo(forecast.tokenUse! / 10, 6);
  });

  it('multiplies tokens with their prices', async () => {
    const prices = { inputPerMillion: 3, outputPerMillion: 15 };
    expect(await forecastCalls(calls(1000), { server: EXACT, prices })).toMatchObject({ cost: 0.3 + 0.3 });
    const { cost } = await forecastCalls(calls(10), { server: EXACT, prices: { outputPerMillion: 15 } });
    expect(cost).toBeCloseTo(0.003, 12);
    expect(await forecastCalls([], { prices })).toMatchObject({ wallMs: 0, requests: 0, cost: 0 });
  });

  it('pays for answers that came broken and were asked for again, and counts those that were refused', async () => {
    const { requests, inputTokens, outputTokens } = await forecastCalls(calls(200), {
      server: { ...EXACT, faults: ['truncated:5%', '503:5%'] },
    });
    const completed = inputTokens / 100;
    expect(completed).toBeGreaterThan(200);
    expect(outputTokens).toBe(20 * completed);
    expect(requests).toBeGreaterThan(completed);
  });

  it('takes policies of the caller’s own', async () => {
    const merging: Policy<SimulatedRequest, TokenUse> = (next) => (request, context) =>
      context.index === 0 ? next(request, context) : { inputTokens: 0, outputTokens: 0 };
    const policies = () => [merging];
    expect(await forecastCalls(calls(5), { server: EXACT, policies })).toMatchObject({
      calls: 5,
      requests: 1,
    });
    const once = forecastCalls(calls(50), {
      server: { ...EXACT, faults: ['503:50%'] },
      policies: (clock) => [retry({ clock, maxAttempts: 1 })],
    });
    await expect(once).rejects.toMatchObject({ category: 'transient' });
  });

  it('says what can’t be', async () => {
    const limits = { tokensPerMinute: 100 };
    await expect(forecastCalls(calls(1), { server: { limits } })).rejects.toMatchObject({
      code: 'MILLRACE_OVER_LIMIT',
    });
    await expect(forecastCalls([], { concurrency: 0 })).rejects.toThrow(
      'forecastCalls: option "concurrency": expected a whole number of at least 1, received 0 (number)',
    );
    await expect(forecastCalls([], { prices: { inputPerMillion: -1 } })).rejects.toThrow(
      /"prices.inputPerMillion"/,
    );
    await expect(
      forecastCalls([], { server: { latencyMs: { median: -1, sigma: 0 } } }),
    ).rejects.toMatchObject({ code: 'MILLRACE_INVALID_ARGUMENT' });
    const reason = new Error('enough');
    await expect(forecastCalls(calls(5), { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
  });

  it('has the tokens and the cost that a server of the same seed counts, within whatever limits', async () => {
    const request = fc.record({ promptTokens: fc.integer({ min: 1, max: 500 }), maxTokens: fc.nat(300) });
    await fc.assert(
      fc.asyncProperty(
        fc.array(request, { maxLength: 60 }),
        fc.record({
          tokensPerMinute: fc.option(fc.integer({ min: 2000, max: 100_000 }), { nil: undefined }),
          requestsPerMinute: fc.option(fc.integer({ min: 10, max: 1000 }), { nil: undefined }),
        }),
        fc.integer({ min: 1, max: 20 }),
        fc.nat(1000),
        async (requests, limits, concurrency, seed) => {
          const prices = { inputPerMillion: 2.5, outputPerMillion: 10 };
          const forecast = await forecastCalls(requests, { server: { limits, seed }, concurrency, prices });
          const server = new SimulatedApi({ seed });
          for (const [i, asked] of requests.entries()) {
            const call = server.admit({ key: String(i), ...asked });
            if (isAdmitted(call)) call.complete();
          }
          const { completed, tokensSettled, outputTokensSettled } = server.stats();
          const inputTokens = tokensSettled - outputTokensSettled;
          expect(forecast).toMatchObject({
            calls: requests.length,
            requests: completed,
            inputTokens,
            outputTokens: outputTokensSettled,
            cost: (2.5 * inputTokens + 10 * outputTokensSettled) / 1e6,
          });
          expect(forecast.tokenUse ?? 0).toBeLessThanOrEqual(1 + 1e-9);
        },
      ),
      { numRuns: 30 },
    );
  });
});

describe('forecastEmbedTexts', () => {
  it('packs texts as embedTexts does, and has no output', async () => {
    const texts = Array.from({ length: 10 }, () => ({ tokens: 30 }));
    const forecast = await forecastEmbedTexts(texts, { maxItems: 4, maxTokens: 100, server: EXACT });
    expect(forecast).toMatchObject({ requests: 4, inputTokens: 300, outputTokens: 0, wallMs: 500 });
    await expect(forecastEmbedTexts(texts, { maxItems: 0 })).rejects.toThrow(/"maxItems"/);
  });
});
