import { describe, expect, it } from 'vitest';
import { gradient } from '../../../src/tuning/gradient.js';

const clean = { nowMs: 0, use: 1, succeeded: 10, refused: 0, dropped: 0, meanMs: 100 };

describe('gradient', () => {
  it('grows by a part of the queue while calls take as long as usual', () => {
    const { begin, decide } = gradient()(10);
    expect(decide(clean, begin(10)).limit).toBeCloseTo(0.8 * 10 + 0.2 * (10 + 4));
  });

  it('shrinks when calls take longer than usual, and not below a half at once', () => {
    const { begin, decide } = gradient()(100);
    let state = begin(100);
    for (let i = 0; i < 50; i++) state = decide({ ...clean, use: 0.1 }, state);
    expect(state.limit).toBe(100);
    const slow = decide({ ...clean, meanMs: 10_000 }, state);
    expect(slow.limit).toBeCloseTo(0.8 * 100 + 0.2 * (50 + 4));
  });

  it('shrinks by a tenth with lost or refused calls, and not when nothing ended', () => {
    const { begin, decide } = gradient({ min: 5 })(100);
    expect(decide({ ...clean, dropped: 5 }, begin(100)).limit).toBeCloseTo(90);
    expect(decide({ ...clean, refused: 1 }, begin(100)).limit).toBeCloseTo(90);
    expect(decide({ ...clean, succeeded: 0, meanMs: Number.NaN }, begin(100)).limit).toBe(100);
  });

  it('follows faster when the load has gone', () => {
    const { begin, decide } = gradient()(10);
    let state = begin(10);
    for (let i = 0; i < 20; i++) state = decide({ ...clean, meanMs: 1000 }, state);
    for (let i = 0; i < 20; i++) state = decide(clean, state);
    expect(state.longMs).toBeLessThan(500);
  });
});
