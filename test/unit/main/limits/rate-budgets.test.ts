import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { RateBudget } from '../../../../src/main/limits/rate-budget.js';
import { SlidingWindow } from '../../../../src/main/limits/sliding-window.js';
import { TokenBucket } from '../../../../src/main/limits/token-bucket.js';

const MINUTE = 60_000;
const LIMIT = 1000;

/** Wants of random size at random times. */
const wants = fc.array(
  fc.record({ amount: fc.integer({ min: 1, max: LIMIT }), pauseMs: fc.integer({ min: 0, max: 90_000 }) }),
  { minLength: 1, maxLength: 60 },
);

/** Takes each want as soon as the budget says so. */
function serve(budget: RateBudget, list: readonly { amount: number; pauseMs: number }[]) {
  const taken: { at: number; amount: number }[] = [];
  let now = 5;
  for (const { amount, pauseMs } of list) {
    now += pauseMs;
    for (let wait = budget.waitMs(amount, now); wait > 0; wait = budget.waitMs(amount, now)) now += wait;
    budget.take(amount, now);
    taken.push({ at: now, amount });
  }
  return taken;
}

function mostInAMinute(taken: readonly { at: number; amount: number }[]): number {
  return Math.max(
    ...taken.map(({ at: end }) =>
      taken.reduce((sum, { at, amount }) => (at <= end && at > end - MINUTE ? sum + amount : sum), 0),
    ),
  );
}

describe('SlidingWindow', () => {
  it('never takes more than the limit in any 60 seconds', () => {
    fc.assert(
      fc.property(wants, (list) => {
        const taken = serve(new SlidingWindow({ perMinute: LIMIT }), list);
        expect(mostInAMinute(taken)).toBeLessThanOrEqual(LIMIT);
      }),
    );
  });

  it('uses all of the limit: no want waits longer than for the window to move on, by its resolution', () => {
    fc.assert(
      fc.property(wants, (list) => {
        const budget = new SlidingWindow({ perMinute: LIMIT });
        const taken = serve(budget, list);
        taken.forEach(({ at, amount }, i) => {
          const before = taken.slice(0, i);
          const wantedAt = (before.at(-1)?.at ?? 5) + list[i]!.pauseMs;
          if (at === wantedAt) return;
          const earlier = at - 102;
          const used = before.reduce(
            (sum, take) => (take.at > earlier - MINUTE ? sum + take.amount : sum),
            0,
          );
          expect(earlier < wantedAt || used + amount > LIMIT).toBe(true);
        });
      }),
    );
  });

  it('takes corrections where they belong, and forgets those that are too old', () => {
    const budget = new SlidingWindow({ perMinute: LIMIT });
    budget.take(800, 0);
    expect(budget.waitMs(300, 10)).toBeGreaterThan(59_000);
    budget.correct(-600, 0, 20);
    expect(budget.waitMs(800, 20)).toBe(0);
    expect(budget.waitMs(801, 20)).toBeGreaterThan(0);
    budget.correct(500, 0, 70_000);
    expect(budget.available(70_000)).toBe(LIMIT);
  });

  it('follows a limit that changes', () => {
    const budget = new SlidingWindow({ perMinute: LIMIT });
    budget.take(900, 0);
    budget.perMinute = 2 * LIMIT;
    expect(budget.waitMs(1100, 1)).toBe(0);
    budget.perMinute = 500;
    expect(budget.available(2)).toBe(-400);
  });
});

describe('TokenBucket', () => {
  it('takes at most the burst, or the largest amount, and what flows in, in any time', () => {
    fc.assert(
      fc.property(wants, fc.integer({ min: 1, max: 500 }), (list, burst) => {
        const taken = serve(new TokenBucket({ perMinute: LIMIT, burst }), list);
        const room = Math.max(burst, ...list.map(({ amount }) => amount));
        for (const [i, { at: from }] of taken.entries()) {
          let sum = 0;
          for (const { at, amount } of taken.slice(i)) {
            sum += amount;
            expect(sum).toBeLessThanOrEqual(room + ((at - from) * LIMIT) / MINUTE + 1e-3);
          }
        }
      }),
    );
  });

  it('lets nobody wait longer than the flow takes', () => {
    const budget = new TokenBucket({ perMinute: 60_000, burst: 1000, initial: 0 });
    expect(budget.waitMs(500, 0)).toBe(500);
    expect(budget.waitMs(500, 500)).toBe(0);
    budget.take(500, 500);
    // Idle for a minute gathers one burst, but who needs more gets it in time.
    expect(budget.available(60_500)).toBe(1000);
    expect(budget.waitMs(3000, 60_500)).toBe(2000);
    expect(budget.waitMs(3000, 62_500)).toBe(0);
  });

  it('keeps what is given back, above the burst too, and pays debts first', () => {
    const budget = new TokenBucket({ perMinute: 60_000, burst: 1000, initial: 1000 });
    budget.take(1000, 0);
    budget.correct(-900, 0, 1000);
    expect(budget.available(1000)).toBe(1900);
    budget.take(1900, 1000);
    budget.correct(700, 1000, 1000);
    expect(budget.waitMs(1, 1000)).toBe(701);
  });

  it('lets one call through at once, so that little limits do not wait for nothing', () => {
    const requests = new TokenBucket({ perMinute: 3 });
    expect(requests.waitMs(1, 0)).toBe(0);
    requests.take(1, 0);
    expect(requests.waitMs(1, 0)).toBe(20_000);
  });

  it('follows a limit that changes', () => {
    const budget = new TokenBucket({ perMinute: 60_000, burst: 10, initial: 0 });
    expect(budget.waitMs(100, 0)).toBe(100);
    budget.perMinute = 120_000;
    expect(budget.waitMs(100, 0)).toBe(50);
  });
});
