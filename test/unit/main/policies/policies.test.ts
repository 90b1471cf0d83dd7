import { getEventListeners } from 'node:events';
import { describe, expect, it } from 'vitest';
import { CircuitBreaker } from '../../../../src/main/limits/circuit-breaker.js';
import { ConcurrencyLimit } from '../../../../src/main/limits/concurrency-limit.js';
import { Limiter } from '../../../../src/main/limits/limiter.js';
import { circuitBreaker } from '../../../../src/main/policies/circuit-breaker.js';
import { classify } from '../../../../src/main/policies/classify.js';
import { concurrencyLimit } from '../../../../src/main/policies/concurrency-limit.js';
import { fallback } from '../../../../src/main/policies/fallback.js';
import { retry } from '../../../../src/main/policies/retry.js';
import { RetryBudget } from '../../../../src/main/policies/retry-budget.js';
import { timeout } from '../../../../src/main/policies/timeout.js';
import { tokenBudget } from '../../../../src/main/policies/token-budget.js';
import { runConcurrent } from '../../../../src/main/run/run-concurrent.js';
import { settleConcurrent } from '../../../../src/main/run/settle-concurrent.js';
import type { StepContext } from '../../../../src/main/run/step.js';
import { withPolicies } from '../../../../src/main/run/with-policies.js';
import { sleep } from '../../../../src/shared/clock.js';
import { MillraceError } from '../../../../src/shared/errors.js';
import { VirtualClock } from '../../../../src/shared/virtual-clock.js';

const transient = () =>
  new MillraceError('MILLRACE_CALL_FAILED', '503', { category: 'transient', sent: true });

describe('retry', () => {
  it('tries again what may succeed later, and counts the attempts', async () => {
    const clock = new VirtualClock();
    const seen: [number, number][] = [];
    const step = withPolicies(
      (_: string, { attempt }: StepContext) => {
        seen.push([attempt, clock.now()]);
        if (attempt < 4) throw transient();
        return 'done';
      },
      retry({ clock, jitter: 'none', baseMs: 100 }),
    );
    const [outcome] = await clock.run(settleConcurrent(['a'], step));
    expect(outcome).toMatchObject({ state: 'done', value: 'done', attempts: 4 });
    expect(seen).toEqual([
      [1, 0],
      [2, 100],
      [3, 300],
      [4, 700],
    ]);
    expect(clock.pending).toBe(0);
  });

  it('gives up after so many attempts, with the last error', async () => {
    const clock = new VirtualClock();
    let attempts = 0;
    const step = withPolicies(
      () => {
        attempts++;
        throw transient();
      },
      retry({ clock, maxAttempts: 3 }),
    );
    const [outcome] = await clock.run(settleConcurrent(['a'], step));
    expect(outcome).toMatchObject({ state: 'failed', attempts: 3, error: { code: 'MILLRACE_CALL_FAILED' } });
    expect(attempts).toBe(3);
  });

  it.each([
    ['a fatal error', new MillraceError('MILLRACE_INVALID_INPUT', 'bad')],
    ['a programming error', new TypeError('undefined is not a function')],
  ])('does not try again after %s', async (_, error) => {
    const clock = new VirtualClock();
    let attempts = 0;
    const step = withPolicies(() => {
      attempts++;
      throw error;
    }, retry({ clock }));
    await expect(clock.run(runConcurrent(['a'], step))).rejects.toBe(error);
    expect(attempts).toBe(1);
  });

  it('waits as long as the other side asks, rather than by the formula', async () => {
    const clock = new VirtualClock();
    const step = withPolicies((_: string, { attempt }: StepContext) => {
      if (attempt === 1)
        throw Object.assign(new Error('429'), { status: 429, headers: { 'retry-after': '7' } });
      return clock.now();
    }, retry({ clock }));
    expect(await clock.run(runConcurrent(['a'], step))).toEqual([7000]);
  });

  it('draws full jitter evenly below a doubling, capped bound; decorrelated from the wait before', async () => {
    const delays = async (options: Parameters<typeof retry>[0]) => {
      const clock = new VirtualClock();
      const found: number[] = [];
      const policy = retry({
        clock,
        maxAttempts: 6,
        onRetry: (_error, _attempt, delay) => found.push(delay),
        ...options,
      });
      await clock.run(
        settleConcurrent(
          ['a'],
          withPolicies(() => Promise.reject(transient()), policy),
        ),
      );
      return found;
    };
    expect(await delays({ baseMs: 100, capMs: 500, random: () => 0.5 })).toEqual([50, 100, 200, 250, 250]);
    expect(await delays({ baseMs: 100, capMs: 500, random: () => 0.5, jitter: 'decorrelated' })).toEqual([
      200, 350, 500, 500, 500,
    ]);
  });

  it('holds no slot while it waits', async () => {
    const clock = new VirtualClock();
    const order: string[] = [];
    const step = withPolicies(
      (name: string, { attempt }: StepContext) => {
        order.push(`${name}${attempt}`);
        if (name === 'a' && attempt === 1) throw transient();
      },
      retry({ clock, jitter: 'none' }),
    );
    await clock.run(runConcurrent(['a', 'b', 'c'], step, { concurrency: 1 }));
    expect(order).toEqual(['a1', 'b1', 'c1', 'a2']);
  });

  it('does not multiply an outage: retries are bounded by a share of the calls', async () => {
    const clock = new VirtualClock();
    let attempts = 0;
    const step = withPolicies(
      () => {
        attempts++;
        throw transient();
      },
      retry({ clock, budget: new RetryBudget({ clock }) }),
    );
    const items = Array.from({ length: 1000 }, (_, i) => i);
    await clock.run(settleConcurrent(items, step, { concurrency: 100 }));
    expect(attempts).toBeGreaterThanOrEqual(1190);
    expect(attempts).toBeLessThanOrEqual(1210);
  });

  it('ends at once with the run', async () => {
    const clock = new VirtualClock();
    const controller = new AbortController();
    const step = withPolicies(
      () => Promise.reject(transient()),
      retry({ clock, baseMs: 60_000, jitter: 'none' }),
    );
    const run = runConcurrent(['a'], step, { signal: controller.signal });
    await clock.advance(10);
    controller.abort('enough');
    await expect(run).rejects.toBe('enough');
    expect(clock.pending).toBe(0);
    expect(getEventListeners(controller.signal, 'abort')).toEqual([]);
  });
});

describe('timeout', () => {
  it('ends an attempt that takes longer, tells its signal, and leaves no timer', async () => {
    const clock = new VirtualClock();
    let reason: unknown;
    const step = withPolicies(
      (name: string, { signal }: StepContext) => {
        signal.addEventListener('abort', () => {
          reason = signal.reason;
        });
        return sleep(clock, name === 'slow' ? 5000 : 10);
      },
      timeout(1000, { clock }),
    );
    const outcomes = await clock.run(settleConcurrent(['slow', 'fast'], step));
    expect(outcomes.map(({ state }) => state)).toEqual(['failed', 'done']);
    expect(outcomes[0]).toMatchObject({ error: { code: 'MILLRACE_TIMEOUT', category: 'transient' } });
    expect(reason).toMatchObject({ code: 'MILLRACE_TIMEOUT' });
    expect(clock.now()).toBe(1000);
    await clock.advance(10_000);
    expect(clock.pending).toBe(0);
  });

  it('gives each attempt its time, and none of it to waiting for a limiter', async () => {
    const clock = new VirtualClock();
    const limiter = new Limiter({ requestsPerMinute: 6, clock });
    const step = withPolicies(() => sleep(clock, 900), tokenBudget(limiter), timeout(1000, { clock }));
    const outcomes = await clock.run(settleConcurrent([1, 2, 3], step, { concurrency: 3 }));
    expect(outcomes.map(({ state }) => state)).toEqual(['done', 'done', 'done']);
    expect(Math.round(clock.now())).toBe(20_900);
  });
});

describe('admission', () => {
  it('is one for gates that stand side by side: who waits for one holds nothing of the others', async () => {
    const clock = new VirtualClock();
    const limiter = new Limiter({ requestsPerMinute: 6, clock });
    const slots = new ConcurrencyLimit(1, clock);
    const breaker = new CircuitBreaker({ clock });
    const step = withPolicies(
      () => sleep(clock, 1),
      circuitBreaker(breaker),
      tokenBudget(limiter),
      concurrencyLimit(slots),
    );
    const run = runConcurrent([1, 2], step);
    await clock.advance(5000);
    expect(limiter.stats().waiting).toBe(1);
    expect(slots.active).toBe(0);
    await clock.run(run);
  });

  it('waits without a slot, by its cause', async () => {
    const clock = new VirtualClock();
    const limiter = new Limiter({ requestsPerMinute: 6, clock });
    const slots = new ConcurrencyLimit(1, clock);
    let state: StepContext['run'] | undefined;
    const step = withPolicies(
      (_: number, { run }: StepContext) => {
        state = run;
        return sleep(clock, 1);
      },
      tokenBudget(limiter),
      concurrencyLimit(slots),
    );
    const done = runConcurrent([1, 2, 3], step, { concurrency: 1, maxPending: 3 });
    await clock.advance(100);
    expect(state).toMatchObject({ running: 0, done: 1, waiting: { limiter: 2 } });
    await clock.run(done);
  });

  it('settles by what the step reported, else by what the output tells', async () => {
    const clock = new VirtualClock();
    const limiter = new Limiter({ tokensPerMinute: 6_000_000, clock });
    const step = withPolicies(
      (by: string, { report }: StepContext) => {
        if (by === 'report') report({ usage: { inputTokens: 7, outputTokens: 3 } });
        if (by === 'unsent') report({ sent: false });
        return { usage: by === 'output' ? { inputTokens: 20, outputTokens: 5 } : undefined };
      },
      tokenBudget(limiter, {
        estimateTokens: () => 50,
        usage: (output: { usage: { inputTokens: number; outputTokens: number } | undefined }) => output.usage,
      }),
    );
    const used = async (by: string) => {
      const before = limiter.stats().used;
      await clock.run(runConcurrent([by], step));
      return limiter.stats().used - before;
    };
    expect(await used('report')).toBe(10);
    expect(await used('output')).toBe(25);
    expect(await used('unsent')).toBe(0);
    expect(await used('nothing')).toBe(100); // What was reserved: the estimate, with caution.
  });

  it('tells the limiter what headers say', async () => {
    const limiter = new Limiter({});
    const step = withPolicies((_: number, { report }: StepContext) => {
      report({ headers: new Headers({ 'x-ratelimit-limit-tokens': '150000' }) });
    }, tokenBudget(limiter));
    await runConcurrent([1], step);
    expect(limiter.rates).toEqual({ tokensPerMinute: 150_000 });
  });

  it('makes waiting out of an outage: items wait at the breaker, and fail only if they were the ones to try', async () => {
    const clock = new VirtualClock();
    const backAt = 60_000;
    let attempts = 0;
    const step = withPolicies(
      async () => {
        attempts++;
        await sleep(clock, 50);
        if (clock.now() < backAt) throw transient();
      },
      retry({ clock, maxAttempts: 100, budget: null }),
      circuitBreaker({ clock, maxOpenMs: 2000 }),
    );
    const items = Array.from({ length: 1000 }, (_, i) => i);
    const outcomes = await clock.run(settleConcurrent(items, step, { concurrency: 20 }));
    expect(outcomes.every(({ state }) => state === 'done')).toBe(true);
    expect(attempts).toBeLessThanOrEqual(1.2 * items.length + 10);
    expect(clock.now()).toBeLessThan(backAt + 5000);
  });
});

describe('classify and fallback', () => {
  it('makes foreign errors say what may be done about them', async () => {
    const step = withPolicies(
      () => Promise.reject(Object.assign(new Error('busy'), { status: 503 })),
      classify(),
    );
    const [outcome] = await settleConcurrent(['a'], step);
    expect(outcome).toMatchObject({
      state: 'failed',
      error: { code: 'MILLRACE_CALL_FAILED', category: 'transient', sent: true },
    });
  });

  it('gives another value for what failed, but not for the end of the run', async () => {
    const step = withPolicies(
      (text: string): string => {
        if (text === 'quota')
          throw Object.assign(new Error('no quota'), { status: 429, code: 'insufficient_quota' });
        throw new Error('bad');
      },
      fallback((text: string) => `${text} as it was`),
    );
    const outcomes = await settleConcurrent(['word', 'quota'], step, { concurrency: 1 });
    expect(outcomes[0]).toMatchObject({ state: 'done', value: 'word as it was' });
    expect(outcomes[1]).toMatchObject({ state: 'failed' });
  });
});

describe('an error that ends the run', () => {
  const quota = () =>
    new MillraceError('MILLRACE_CALL_FAILED', 'no quota left', { scope: 'run', sent: true });

  it('keeps what was done, starts nothing more, and lists what was not run', async () => {
    const clock = new VirtualClock();
    let calls = 0;
    const step = async (n: number) => {
      calls++;
      await sleep(clock, 10 * n);
      if (n === 3) throw quota();
      return n;
    };
    const outcomes = await clock.run(
      settleConcurrent([1, 2, 3, 4, 5, 6, 7, 8], step, { concurrency: 2, maxPending: 3 }),
    );
    expect(outcomes.map(({ state }) => state)).toEqual([
      'done',
      'done',
      'failed',
      'done',
      'notRun',
      'notRun',
      'notRun',
      'notRun',
    ]);
    expect(outcomes[7]).toMatchObject({
      attempts: 0,
      key: '7',
      error: { code: 'MILLRACE_NOT_RUN', scope: 'run', sent: false },
    });
    expect(calls).toBe(4);
  });

  it('ends what waits to be let through, which was not run, and what waits to be tried again, which failed', async () => {
    const clock = new VirtualClock();
    const limiter = new Limiter({ requestsPerMinute: 60, clock });
    const step = withPolicies(
      async (n: number, { attempt }: StepContext) => {
        if (n === 0 && attempt === 1) throw transient();
        await sleep(clock, 500);
        throw quota();
      },
      retry({ clock, jitter: 'none', baseMs: 60_000 }),
      tokenBudget(limiter),
    );
    const outcomes = await clock.run(settleConcurrent([0, 1, 2, 3], step, { concurrency: 4 }));
    expect(outcomes.map(({ state }) => state)).toEqual(['failed', 'failed', 'notRun', 'notRun']);
    expect(clock.now()).toBeLessThan(2000);
    expect(clock.pending).toBe(0);
  });

  it('closes an input whose length is not known', async () => {
    let closed = false;
    async function* endless() {
      try {
        for (let n = 0; ; n++) yield n;
      } finally {
        closed = true;
      }
    }
    const step = (n: number) => {
      if (n === 2) throw quota();
      return n;
    };
    const outcomes = await settleConcurrent(endless(), step, { concurrency: 1 });
    expect(outcomes.map(({ state }) => state)).toEqual(['done', 'done', 'failed']);
    expect(closed).toBe(true);
  });
});

describe('priority', () => {
  it('starts the urgent first among those admitted', async () => {
    const order: number[] = [];
    await runConcurrent([5, 3, 1, 4, 0], (n) => void order.push(n), {
      concurrency: 1,
      maxPending: 10,
      priority: (n) => n,
    });
    expect(order).toEqual([0, 1, 3, 4, 5]);
  });
});
