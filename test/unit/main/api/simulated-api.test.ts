import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type AdmittedCall,
  isAdmitted,
  type RefusedCall,
  SimulatedApi,
  type SimulatedRequest,
} from '../../../../src/main/api/simulated-api.js';
import type { SimulatedApiOptions } from '../../../../src/main/api/simulated-options.js';
import { readLimitHeaders } from '../../../../src/main/limits/limit-headers.js';
import { VirtualClock } from '../../../../src/shared/virtual-clock.js';

const MINUTE = 60_000;

function start(options: SimulatedApiOptions = {}) {
  const clock = new VirtualClock();
  return { clock, api: new SimulatedApi({ clock, ...options }) };
}

function admitted(api: SimulatedApi, request: SimulatedRequest): AdmittedCall {
  const call = api.admit(request);
  if (isAdmitted(call)) return call;
  throw new Error(call.error.message);
}

function refused(api: SimulatedApi, request: SimulatedRequest): RefusedCall {
  const call = api.admit(request);
  if (!isAdmitted(call)) return call;
  throw new Error('it was admitted');
}

describe('a bucket', () => {
  it('refuses by OpenAI’s formula, with its text and headers', () => {
    const { api } = start({ limits: { tokensPerMinute: 6000, requestsPerMinute: 60 } });
    admitted(api, { promptTokens: 5000, maxTokens: 700 });
    const call = refused(api, { promptTokens: 300, maxTokens: 300 });
    // (5700 + 600 − 6000) / 6000 × 60 s
    expect(call.status).toBe(429);
    expect(call.error).toEqual({
      message:
        'Rate limit reached on tokens per min (TPM): Limit 6000, Used 5700, Requested 600. Please try again in 3s.',
      type: 'tokens',
      param: null,
      code: 'rate_limit_exceeded',
    });
    expect(call.headers).toEqual({
      'retry-after': '3',
      'retry-after-ms': '3000',
      'x-ratelimit-limit-requests': '60',
      'x-ratelimit-limit-tokens': '6000',
      'x-ratelimit-remaining-requests': '59',
      'x-ratelimit-remaining-tokens': '300',
      'x-ratelimit-reset-requests': '1s',
      'x-ratelimit-reset-tokens': '57s',
    });
    expect(readLimitHeaders(Object.entries(call.headers))).toMatchObject({
      tokensPerMinute: { limit: 6000, remaining: 300 },
      retryAfterMs: 3000,
    });
  });

  it('admits exactly when the wait is over', async () => {
    const { api, clock } = start({ limits: { tokensPerMinute: 6000 } });
    admitted(api, { promptTokens: 5700, maxTokens: 0 });
    await clock.advance(2999);
    refused(api, { promptTokens: 600, maxTokens: 0 });
    await clock.advance(1);
    admitted(api, { promptTokens: 600, maxTokens: 0 });
  });

  it('reserves the prompt and the most that the output may be, and returns the difference at the end', async () => {
    const { api } = start({
      limits: { tokensPerMinute: 1000 },
      outputTokens: { median: 100, sigma: 0 },
    });
    const call = admitted(api, { promptTokens: 200, maxTokens: 800 });
    expect(call.outputTokens).toBe(100);
    refused(api, { promptTokens: 1, maxTokens: 1 });
    call.complete();
    call.complete();
    call.abandon();
    admitted(api, { promptTokens: 400, maxTokens: 300 });
    refused(api, { promptTokens: 1, maxTokens: 0 });
    expect(api.stats()).toMatchObject({ completed: 1, abandoned: 0, tokensSettled: 300, refused: 2 });
  });

  it('keeps what was reserved of a call that was cut off', () => {
    const { api } = start({ limits: { tokensPerMinute: 1000 } });
    admitted(api, { promptTokens: 200, maxTokens: 800 }).abandon();
    refused(api, { promptTokens: 1, maxTokens: 0 });
    expect(api.stats()).toMatchObject({ abandoned: 1, tokensSettled: 0, inFlight: 0 });
  });

  it('may be empty at the first request, whenever that comes', async () => {
    const { api, clock } = start({ limits: { tokensPerMinute: 6000, start: 'empty' } });
    await clock.advance(MINUTE);
    refused(api, { promptTokens: 100, maxTokens: 0 });
    await clock.advance(1000);
    admitted(api, { promptTokens: 100, maxTokens: 0 });
    expect(api.stats()).toMatchObject({ elapsedMs: 1000, violations: 0 });
  });

  it('says that a request is larger than the limit, and asks for no wait', () => {
    const { api } = start({ limits: { tokensPerMinute: 1000 } });
    const call = refused(api, { promptTokens: 1001, maxTokens: 0 });
    expect(call.error.message).toBe('Request too large on tokens per min (TPM): Limit 1000, Requested 1001.');
    expect(call.headers).not.toHaveProperty('retry-after');
  });

  it('names the wait of the slowest limit', () => {
    const { api } = start({ limits: { tokensPerMinute: 600, requestsPerMinute: 1 } });
    admitted(api, { promptTokens: 600, maxTokens: 0 });
    const call = refused(api, { promptTokens: 100, maxTokens: 0 });
    expect(call.error.type).toBe('requests');
    expect(call.headers['retry-after-ms']).toBe('60000');
  });
});

describe('a window', () => {
  const calls = fc.array(
    fc.record({
      prompt: fc.integer({ min: 1, max: 300 }),
      most: fc.integer({ min: 0, max: 300 }),
      pauseMs: fc.integer({ min: 0, max: 20_000 }),
      lasts: fc.integer({ min: 0, max: 50_000 }),
    }),
    { minLength: 1, maxLength: 60 },
  );

  it('never has more than the limit in use in any 60 seconds, and refuses nothing that fits', async () => {
    await fc.assert(
      fc.asyncProperty(calls, async (list) => {
        const limit = 1000;
        const { api, clock } = start({ limits: { mode: 'window', tokensPerMinute: limit } });
        const all: { at: number; tokens: number }[] = [];
        const used = () =>
          all.reduce((sum, { at, tokens }) => (at > clock.now() - MINUTE ? sum + tokens : sum), 0);
        for (const { prompt, most, pauseMs, lasts } of list) {
          await clock.advance(pauseMs);
          const call = api.admit({ promptTokens: prompt, maxTokens: most });
          expect(isAdmitted(call)).toBe(used() + prompt + most <= limit);
          if (!isAdmitted(call)) continue;
          const entry = { at: clock.now(), tokens: prompt + most };
          all.push(entry);
          clock.schedule(() => {
            call.complete();
            entry.tokens = prompt + call.outputTokens;
          }, lasts);
        }
        expect(api.stats().violations).toBe(0);
        expect(api.stats().mostTokensInAMinute).toBeLessThanOrEqual(limit);
      }),
      { numRuns: 60 },
    );
  });

  it('says when the oldest calls will have left', async () => {
    const { api, clock } = start({ limits: { mode: 'window', tokensPerMinute: 1000 } });
    admitted(api, { promptTokens: 400, maxTokens: 0 });
    await clock.advance(10_000);
    admitted(api, { promptTokens: 600, maxTokens: 0 });
    expect(refused(api, { promptTokens: 400, maxTokens: 0 }).headers['retry-after-ms']).toBe('50000');
    expect(refused(api, { promptTokens: 401, maxTokens: 0 }).headers['retry-after-ms']).toBe('60000');
    await clock.advance(49_999);
    refused(api, { promptTokens: 400, maxTokens: 0 });
    await clock.advance(1);
    admitted(api, { promptTokens: 400, maxTokens: 0 });
  });

  it('stays right over many calls', async () => {
    const { api, clock } = start({ limits: { mode: 'window', requestsPerMinute: 6000 } });
    for (let second = 0; second < 180; second++) {
      for (let i = 0; i < 110; i++) api.admit({ promptTokens: 1, maxTokens: 0 });
      await clock.advance(1000);
    }
    // 6000 in each of three minutes, as soon as there is room.
    expect(api.stats()).toMatchObject({ admitted: 18_000, mostRequestsInAMinute: 6000, violations: 0 });
  });
});

describe('slices', () => {
  it('give a sixtieth of the limit each second, and save nothing up', async () => {
    const { api, clock } = start({ limits: { mode: 'slices', requestsPerMinute: 600 } });
    const sent = () =>
      Array.from({ length: 15 }, () => api.admit({ promptTokens: 1 })).filter(isAdmitted).length;
    expect(sent()).toBe(10);
    await clock.advance(999);
    expect(sent()).toBe(0);
    await clock.advance(1);
    expect(sent()).toBe(10);
    await clock.advance(30_000);
    expect(sent()).toBe(10);
  });

  it('let a request through until the share of the second is reached; later ones pay for it', async () => {
    const { api, clock } = start({ limits: { mode: 'slices', tokensPerMinute: 6000 } });
    admitted(api, { promptTokens: 99, maxTokens: 0 });
    admitted(api, { promptTokens: 251, maxTokens: 0 });
    expect(refused(api, { promptTokens: 1, maxTokens: 0 }).headers['retry-after-ms']).toBe('3000');
    await clock.advance(2999);
    refused(api, { promptTokens: 1, maxTokens: 0 });
    await clock.advance(1);
    admitted(api, { promptTokens: 100, maxTokens: 0 });
    expect(api.stats().violations).toBe(0);
  });

  it('never give more than the limit for long, whatever is asked', async () => {
    const asked = fc.array(fc.tuple(fc.integer({ min: 1, max: 900 }), fc.integer({ min: 0, max: 3000 })), {
      minLength: 20,
      maxLength: 80,
    });
    await fc.assert(
      fc.asyncProperty(asked, async (list) => {
        const { api, clock } = start({ limits: { mode: 'slices', tokensPerMinute: 6000 } });
        for (const [promptTokens, pauseMs] of list) {
          api.admit({ promptTokens, maxTokens: 0 });
          await clock.advance(pauseMs);
        }
        const { tokensAdmitted, elapsedMs } = api.stats();
        const slices = Math.floor(elapsedMs / 1000) + 1;
        expect(tokensAdmitted).toBeLessThanOrEqual(slices * 100 + 900);
      }),
      { numRuns: 50 },
    );
  });
});

describe('a hidden limit', () => {
  it('is told by no header and no text, and changes as it is planned to', async () => {
    const { api, clock } = start({
      limits: {
        mode: 'hidden',
        tokensPerMinute: 6000,
        start: 'empty',
        changes: [
          { atMs: 120_000, factor: 2 },
          { atMs: 60_000, factor: 0.5 },
        ],
      },
    });
    const call = refused(api, { promptTokens: 100, maxTokens: 0 });
    expect(call.headers).toEqual({ 'retry-after': '1', 'retry-after-ms': '1000' });
    expect(call.error.message).toBe('Rate limit reached. Please try again in 1s.');
    const perMinute: number[] = [];
    for (let minute = 0; minute < 3; minute++) {
      const before = api.stats().admitted;
      for (let i = 0; i < 600; i++) {
        await clock.advance(100);
        const next = api.admit({ promptTokens: 20, maxTokens: 0 });
        if (isAdmitted(next)) next.complete();
      }
      perMinute.push(api.stats().admitted - before);
    }
    // What is left stays when the limit changes: neither a debt nor a present.
    for (const [minute, expected] of [300, 150, 600].entries())
      expect(Math.abs(perMinute[minute]! - expected)).toBeLessThanOrEqual(2);
    expect(api.stats().mostTokensInAMinute).toBeLessThanOrEqual(12_020);
  });
});

describe('its own counts', () => {
  it('are the settled tokens by what the limit allowed, without the first ten seconds', async () => {
    const { api, clock } = start({
      limits: { tokensPerMinute: 6000, changes: [{ atMs: 20_000, factor: 0.5 }] },
    });
    const use = (tokens: number) => admitted(api, { promptTokens: tokens, maxTokens: 0 }).complete();
    use(3000);
    await clock.advance(9999);
    expect(api.stats().utilisation).toBeNull();
    await clock.advance(5001);
    use(750);
    expect(api.stats().utilisation).toBeCloseTo(750 / 500);
    await clock.advance(15_000);
    expect(api.stats().utilisation).toBeCloseTo(750 / 1500);
  });

  it('name what a full bucket lets pass beyond the limit of a minute', async () => {
    const { api, clock } = start({ limits: { tokensPerMinute: 600 } });
    for (let i = 0; i < 600; i++) {
      const call = api.admit({ promptTokens: 100, maxTokens: 0 });
      if (isAdmitted(call)) call.complete();
      await clock.advance(1000);
    }
    const { violations, mostTokensInAMinute } = api.stats();
    expect(violations).toBeGreaterThan(0);
    expect(mostTokensInAMinute).toBeGreaterThan(600);
    expect(mostTokensInAMinute).toBeLessThanOrEqual(1200);
  });

  it('tell calls for the same item', () => {
    const { api } = start();
    for (const key of ['a', 'b', 'a', 'a']) admitted(api, { promptTokens: 1, key });
    admitted(api, { promptTokens: 1 });
    admitted(api, { promptTokens: 1 });
    expect(api.stats()).toMatchObject({ keys: 4, repeated: 2, admitted: 6, inFlight: 6 });
    expect([api.admissionsOf('a'), api.admissionsOf('c')]).toEqual([3, 0]);
  });
});

describe('what is drawn', () => {
  const draw = (order: readonly string[], options: SimulatedApiOptions = {}) => {
    const { api } = start(options);
    return new Map(
      order.map((key) => {
        const { latencyMs, outputTokens } = admitted(api, { promptTokens: 1, key, maxTokens: 4096 });
        return [key, [latencyMs, outputTokens]];
      }),
    );
  };
  const keys = Array.from({ length: 4000 }, (_, i) => `item ${i}`);

  it('depends on the seed and the item, not on the order', () => {
    const once = draw(keys);
    const again = draw([...keys].reverse());
    for (const key of keys) expect(again.get(key)).toEqual(once.get(key));
    expect(draw(keys.slice(0, 1), { seed: 2 }).get('item 0')).not.toEqual(once.get('item 0'));
  });

  it('has the median and the spread that were asked for', () => {
    const drawn = [...draw(keys, { latencyMs: { median: 1000, sigma: 0.5 } }).values()];
    const logs = drawn.map(([latency]) => Math.log(latency! / 1000));
    const mean = logs.reduce((sum, value) => sum + value, 0) / logs.length;
    const variance = logs.reduce((sum, value) => sum + (value - mean) ** 2, 0) / logs.length;
    expect(Math.abs(mean)).toBeLessThan(0.03);
    expect(Math.abs(Math.sqrt(variance) - 0.5)).toBeLessThan(0.03);
  });

  it('is cut by the most that was asked for', () => {
    const { api } = start({ outputTokens: { median: 100, sigma: 0 } });
    expect(admitted(api, { promptTokens: 1, maxTokens: 30 })).toMatchObject({
      outputTokens: 30,
      finishReason: 'length',
    });
    expect(admitted(api, { promptTokens: 1, maxTokens: 0 }).outputTokens).toBe(0);
    expect(admitted(api, { promptTokens: 1 })).toMatchObject({ outputTokens: 100, finishReason: 'stop' });
  });
});

describe('faults', () => {
  it('come at their times', async () => {
    const { api, clock } = start({ faults: ['503@10s-70s', 'quota@80s'] });
    const statuses: Record<number, string> = {};
    for (let second = 0; second < 100; second++) {
      const call = api.admit({ promptTokens: 1 });
      statuses[second] = isAdmitted(call) ? 'admitted' : `${call.status} ${call.error.code}`;
      await clock.advance(1000);
    }
    expect([0, 9, 10, 69, 70, 79, 80, 99].map((second) => statuses[second])).toEqual([
      ...['admitted', 'admitted', '503 null', '503 null', 'admitted', 'admitted'],
      ...['429 insufficient_quota', '429 insufficient_quota'],
    ]);
    expect(api.stats()).toMatchObject({
      requests: 100,
      admitted: 20,
      refused: 0,
      rejected: { 429: 20, 503: 60 },
      faults: { 503: 60, quota: 20 },
    });
  });

  it('hit the share that was asked for, and take nothing of the limits', () => {
    const { api } = start({ faults: ['429:10%', 'reset:5%'] });
    for (let i = 0; i < 4000; i++) api.admit({ promptTokens: 1, key: `item ${i}` });
    const { faults, tokensAdmitted, admitted: count } = api.stats();
    expect(Math.abs(faults['429']! - 400)).toBeLessThan(80);
    expect(Math.abs(faults.reset! - 180)).toBeLessThan(60);
    expect(tokensAdmitted).toBe(count * 1025);
  });

  it('of an injected 429 ask for a wait', () => {
    const { api } = start({ faults: ['429'] });
    expect(refused(api, { promptTokens: 1 }).headers).toEqual({
      'retry-after': '1',
      'retry-after-ms': '1000',
    });
  });
});

it.each([
  [{ limits: { mode: 'leaky' } }, 'option "limits.mode": expected \'bucket\''],
  [{ limits: { tokensPerMinute: 0 } }, 'option "limits.tokensPerMinute": expected a number above 0'],
  [{ faults: ['200'] }, 'fault: expected a status from 400 to 599'],
  [{ latency: 3 }, 'latency'],
])('refuses options that make no sense: %j', (options, message) => {
  expect(() => new SimulatedApi(options as SimulatedApiOptions)).toThrow(message);
  expect(() => new SimulatedApi(options as SimulatedApiOptions)).toThrow(
    expect.objectContaining({ code: 'MILLRACE_INVALID_ARGUMENT' }),
  );
});
