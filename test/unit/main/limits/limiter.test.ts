import { getEventListeners } from 'node:events';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Admission, type Lease } from '../../../../src/main/limits/admission.js';
import { ConcurrencyLimit } from '../../../../src/main/limits/concurrency-limit.js';
import { Limiter } from '../../../../src/main/limits/limiter.js';
import { MillraceError } from '../../../../src/shared/errors.js';
import { VirtualClock } from '../../../../src/shared/virtual-clock.js';

const ENDED = { sent: true, durationMs: 1 } as const;

/** Acquires, and notes when it was let through. */
function scene(limiter: Pick<Limiter, 'acquire'>, clock: VirtualClock) {
  const diary: string[] = [];
  const leases: Lease[] = [];
  const call = (name: string, inputTokens: number, options: Parameters<Limiter['acquire']>[1] = {}) =>
    limiter.acquire({ inputTokens, outputTokens: 0 }, options).then(
      (lease) => {
        diary.push(`${name} at ${Math.round(clock.now())}`);
        leases.push(lease);
      },
      (error) => {
        diary.push(`${name}: ${error?.code ?? error}`);
      },
    );
  return { diary, leases, call };
}

/** A limiter whose estimates are trusted: 20 calls said that they were right. */
function trusted(options: ConstructorParameters<typeof Limiter>[0]): Limiter {
  const limiter = new Limiter(options);
  const now = options.clock!.now();
  for (let i = 0; i < 20; i++) {
    limiter
      .take({ inputTokens: 1, outputTokens: 0 }, now)
      .end({ ...ENDED, usage: { inputTokens: 1, outputTokens: 0 } });
  }
  return limiter;
}

describe('Limiter', () => {
  it('lets one call through at once, or, for a server whose limit is used up, not before there can be room', async () => {
    const firstAt = async (start: 'call' | 'nothing') => {
      const clock = new VirtualClock();
      const limiter = new Limiter({ requestsPerMinute: 60, start, clock });
      const { diary, call } = scene(limiter, clock);
      await clock.advance(25_000);
      await clock.run(call('first', 10));
      return diary;
    };
    expect(await firstAt('call')).toEqual(['first at 25000']);
    expect(await firstAt('nothing')).toEqual(['first at 26000']);
  });

  it('lets calls through in the order in which they came, however small those behind are', async () => {
    const clock = new VirtualClock();
    const limiter = trusted({ tokensPerMinute: 60_000, clock });
    const { diary, call } = scene(limiter, clock);
    await clock.advance(100);
    void call('large', 10_000);
    for (let i = 0; i < 5; i++) void call(`small ${i}`, 10);
    await clock.advance(20_000);
    expect(diary.map((line) => line.split(' at ')[0])).toEqual([
      'large',
      'small 0',
      'small 1',
      'small 2',
      'small 3',
      'small 4',
    ]);
    expect(clock.pending).toBe(0);
  });

  it('needs room in every budget', async () => {
    const clock = new VirtualClock();
    const limiter = trusted({ tokensPerMinute: 60_000_000, requestsPerMinute: 60, clock });
    const { diary, call } = scene(limiter, clock);
    await clock.advance(60_000);
    for (let i = 0; i < 3; i++) void call(String(i), 1);
    await clock.advance(5000);
    expect(diary).toEqual(['0 at 60000', '1 at 61000', '2 at 62000']);
  });

  it('gives back what was not used or not sent, and keeps what nobody knows', async () => {
    const clock = new VirtualClock();
    const limiter = trusted({ tokensPerMinute: 60_000, clock });
    const tokens = async (ending: Parameters<Lease['end']>[0]) => {
      const before = limiter.stats();
      const lease = limiter.acquire({ inputTokens: 1000, outputTokens: 500 });
      await clock.advance(5000);
      (await lease).end(ending);
      const { used, refunded } = limiter.stats();
      return { used: Math.round(used - before.used), refunded: Math.round(refunded - before.refunded) };
    };
    expect(await tokens({ ...ENDED, usage: { inputTokens: 1000, outputTokens: 100 } })).toEqual({
      used: 1100,
      refunded: 400,
    });
    expect(await tokens({ sent: false, durationMs: 1 })).toEqual({ used: 0, refunded: 1500 });
    expect(await tokens({ sent: 'unknown', error: new Error('cut off'), durationMs: 1 })).toEqual({
      used: 1500,
      refunded: 0,
    });
  });

  it('learns how far estimates are off, from a cautious beginning', async () => {
    const clock = new VirtualClock();
    const limiter = new Limiter({ tokensPerMinute: 60_000_000, clock });
    expect(limiter.stats().ratio).toBe(2);
    for (let i = 0; i < 30; i++) {
      const lease = limiter.acquire({ inputTokens: 100, outputTokens: 0 });
      await clock.advance(10);
      (await lease).end({ ...ENDED, usage: { inputTokens: i % 2 === 0 ? 100 : 200, outputTokens: 0 } });
    }
    expect(limiter.stats().ratio).toBeCloseTo(1.5, 1);
  });

  it('refuses a call that is larger than a whole limit, or lets it run alone', async () => {
    const clock = new VirtualClock();
    const strict = scene(trusted({ tokensPerMinute: 1000, clock }), clock);
    await strict.call('huge', 1001);
    expect(strict.diary).toEqual(['huge: MILLRACE_OVER_LIMIT']);
    const alone = scene(trusted({ tokensPerMinute: 1000, oversize: 'alone', clock }), clock);
    void alone.call('huge', 2000);
    void alone.call('next', 500);
    await clock.advance(300_000);
    const [huge, next] = alone.diary.map((line) => Number(line.split(' at ')[1]));
    // A whole limit at first, and a debt of another before the next.
    expect(huge).toBeGreaterThan(59_000);
    expect(next! - huge!).toBeGreaterThan(89_000);
  });

  it('passes over those who gave up, and leaves nothing behind', async () => {
    const clock = new VirtualClock();
    const limiter = trusted({ tokensPerMinute: 60_000, clock });
    const { diary, call } = scene(limiter, clock);
    const controller = new AbortController();
    void call('first', 30_000, { signal: controller.signal });
    void call('second', 600);
    await clock.advance(50);
    controller.abort('gave up');
    await clock.advance(2000);
    expect(diary[0]).toBe('first: gave up');
    expect(diary[1]).toMatch(/^second at \d+$/);
    expect(limiter.stats().waiting).toBe(0);
    expect(clock.pending).toBe(0);
    expect(getEventListeners(controller.signal, 'abort')).toEqual([]);
  });

  it('lets the urgent go first, and nobody wait for ever', async () => {
    const clock = new VirtualClock();
    const limiter = trusted({ requestsPerMinute: 60, clock });
    const { diary, call } = scene(limiter, clock);
    await clock.advance(60_000);
    void call('now', 1);
    void call('background', 1, { priority: 10 });
    void call('urgent', 1, { priority: 0 });
    await clock.advance(1500);
    expect(diary).toEqual(['now at 60000', 'urgent at 61000']);
    // One urgent call a second: the background call has aged by its ten levels after ten seconds.
    for (let i = 0; i < 20; i++) {
      void call('urgent', 1);
      await clock.advance(1000);
    }
    const at = Number(diary.find((line) => line.startsWith('background'))!.split(' at ')[1]);
    expect(at).toBeGreaterThan(69_000);
    expect(at).toBeLessThan(73_000);
  });

  it('obeys a server that refuses, once for each burst of refusals', async () => {
    const clock = new VirtualClock();
    const limiter = trusted({ tokensPerMinute: 60_000_000, clock });
    await clock.advance(1000);
    const first = await limiter.acquire();
    const second = await limiter.acquire();
    const refused = new MillraceError('MILLRACE_CALL_FAILED', '429', {
      category: 'retryable',
      retryAfterMs: 5000,
      sent: true,
    });
    first.end({ sent: true, error: refused, durationMs: 10 });
    second.end({ sent: true, error: refused, durationMs: 10 });
    expect(limiter.stats().refusals).toBe(1);
    const { diary, call } = scene(limiter, clock);
    void call('next', 1);
    await clock.advance(10_000);
    expect(diary).toEqual(['next at 6000']);
  });

  it('takes over limits from headers where none was given, and follows a server that has less left', async () => {
    const clock = new VirtualClock();
    const limiter = new Limiter({ requestsPerMinute: 600, clock });
    const headers = {
      tokensPerMinute: { limit: 30_000, remaining: 100 },
      requestsPerMinute: { limit: 9, remaining: 400 },
    };
    limiter.learn(headers);
    expect(limiter.rates).toEqual({ requestsPerMinute: 600, tokensPerMinute: 30_000 });
    await clock.advance(60_000);
    limiter.learn({ tokensPerMinute: { remaining: 0 } });
    const { diary, call } = scene(limiter, clock);
    void call('next', 250);
    await clock.advance(2000);
    expect(diary).toEqual(['next at 61000']);
  });

  it('lets who waits see a limit that changes', async () => {
    const clock = new VirtualClock();
    const limiter = new Limiter({ requestsPerMinute: 1, clock });
    const { diary, call } = scene(limiter, clock);
    await clock.advance(60_000);
    void call('a', 1);
    void call('b', 1);
    await clock.advance(1000);
    limiter.setRates({ requestsPerMinute: 600 });
    await clock.advance(1000);
    expect(diary).toEqual(['a at 60000', 'b at 61098']);
  });

  it.each([
    [{ tokensPerMinute: 0 }, /"tokensPerMinute": expected a number above 0, received 0/],
    [{ counting: 'fixed' as never }, /"counting": expected 'bucket' or 'window'/],
    [{ tpm: 5 } as never, /tpm/],
  ])('refuses options that make no sense: %j', (options, message) => {
    expect(() => new Limiter(options)).toThrow(message);
  });
});

const schedule = fc.record({
  limit: fc.integer({ min: 500, max: 5000 }),
  atOnce: fc.integer({ min: 1, max: 5 }),
  calls: fc.array(
    fc.record({
      pauseMs: fc.nat(20_000),
      tokens: fc.integer({ min: 1, max: 240 }),
      error: fc.double({ min: 0.5, max: 1, noNaN: true }),
      latencyMs: fc.nat(5000),
      priority: fc.nat(3),
      giveUpMs: fc.option(fc.nat(30_000), { freq: 4 }),
      fails: fc.boolean(),
    }),
    { minLength: 1, maxLength: 40 },
  ),
});

describe('Admission', () => {
  const runs = process.env.MILLRACE_SOAK ? 1_000_000 : 300;
  it('keeps the limit in any 60 seconds, and loses no permit, in random schedules', {
    timeout: 3_600_000,
  }, async () => {
    await fc.assert(
      fc.asyncProperty(schedule, async ({ limit, atOnce, calls }) => {
        const clock = new VirtualClock();
        const limiter = new Limiter({ tokensPerMinute: limit, counting: 'window', clock });
        const slots = new ConcurrencyLimit(atOnce, clock);
        const admission = new Admission([limiter, slots], clock);
        const used: { at: number; tokens: number }[] = [];
        let most = 0;
        let ended = 0;
        const one = async ({
          tokens,
          error,
          latencyMs,
          priority,
          giveUpMs,
          fails,
        }: (typeof calls)[number]) => {
          const controller = new AbortController();
          const cancel = giveUpMs === null ? () => {} : clock.schedule(() => controller.abort(), giveUpMs);
          try {
            const lease = await admission.acquire(
              { inputTokens: tokens, outputTokens: 0 },
              { signal: controller.signal, priority },
            );
            cancel();
            most = Math.max(most, slots.active);
            // What is used is never more than what was reserved, as it is where servers count `max_tokens`.
            if (!fails) used.push({ at: clock.now(), tokens: Math.ceil(tokens * error) });
            await new Promise<void>((resolve) => clock.schedule(resolve, latencyMs));
            const usage = { inputTokens: Math.ceil(tokens * error), outputTokens: 0 };
            lease.end(fails ? { sent: false, durationMs: 1 } : { sent: true, usage, durationMs: 1 });
          } catch {
            // Gave up.
          }
          ended++;
        };
        const all: Promise<void>[] = [];
        for (const call of calls) {
          await clock.advance(call.pauseMs);
          all.push(one(call));
        }
        await clock.run(Promise.all(all));
        expect(ended).toBe(calls.length);
        for (const { at: end } of used) {
          const sum = used.reduce(
            (total, { at, tokens }) => (at <= end && at > end - 60_000 ? total + tokens : total),
            0,
          );
          expect(sum).toBeLessThanOrEqual(limit);
        }
        expect(most).toBeLessThanOrEqual(atOnce);
        expect({
          active: slots.active,
          lines: [limiter.line.size, slots.line.size],
          timers: clock.pending,
        }).toEqual({
          active: 0,
          lines: [0, 0],
          timers: 0,
        });
      }),
      { numRuns: runs },
    );
  });
});
