import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { aimd } from '../../../src/tuning/aimd.js';
import type { LimitSample } from '../../../src/tuning/limit.js';

const clean = { use: 1, succeeded: 10, refused: 0, dropped: 0, meanMs: 100 };
const at = (second: number, facts: Partial<LimitSample> = {}): LimitSample => ({
  nowMs: second * 1000,
  ...clean,
  ...facts,
});

describe('aimd', () => {
  it('doubles until the first refusal, then cuts by a fifth and grows by a twentieth', () => {
    const { begin, decide } = aimd()(100);
    let state = begin(100);
    for (let second = 1; second <= 3; second++) state = decide(at(second), state);
    expect(state.limit).toBe(800);
    state = decide(at(4, { refused: 1 }), state);
    expect(state.limit).toBe(640);
    expect(decide(at(4.5), state).limit).toBe(640);
    expect(decide(at(5), state).limit).toBeCloseTo(672);
  });

  it('holds below the ceiling, and tries what is above now and then', () => {
    const { begin, decide } = aimd({ probeMs: 5000 })(100);
    let state = decide(at(0, { refused: 1 }), decide(at(-1), begin(50)));
    const limits: number[] = [];
    for (let second = 1; second <= 12; second++) {
      state = decide(at(second), state);
      limits.push(state.limit);
    }
    expect(limits.slice(3, 8)).toEqual(Array(5).fill(96));
    expect(limits.at(-1)).toBeGreaterThan(100);
  });

  it('stays in the slow start if it is refused before the first clean round', () => {
    const { begin, decide } = aimd()(100);
    const refused = decide(at(0, { refused: 1 }), begin(100));
    expect(decide(at(2), refused).limit).toBe(160);
  });

  it('grows faster and faster where the ceiling has gone', () => {
    const { begin, decide } = aimd({ probeMs: 0 })(100);
    let state = decide(at(0, { refused: 1 }), decide(at(-1), begin(50)));
    for (let second = 1; second <= 25; second++) state = decide(at(second), state);
    const { limit } = state;
    expect(limit).toBeGreaterThan(500);
    expect(decide(at(26), state).limit).toBe(2 * limit);
  });

  it('cuts by a half from the third cut of a row on', () => {
    const { begin, decide } = aimd()(100);
    let state = decide(at(0), begin(500));
    const limits = [1, 2, 3, 4].map((second) => {
      state = decide(at(second, { refused: 1 }), state);
      return Math.round(state.limit);
    });
    expect(limits).toEqual([800, 640, 320, 160]);
  });

  it('pauses for retry-after, and for the cooldown after a second cut soon after the first', () => {
    const { begin, decide } = aimd()(100);
    const first = decide(at(10, { refused: 1, retryAfterMs: 300 }), begin(100));
    expect(first.pausedUntilMs).toBe(10_300);
    const second = decide(at(10.2, { refused: 1 }), first);
    expect(second.pausedUntilMs).toBe(11_200);
  });

  it('never grows without use or with losses, and stays within its bounds', () => {
    const sample = fc.record({
      nowMs: fc.constant(0),
      use: fc.double({ min: 0, max: 1, noNaN: true }),
      succeeded: fc.nat(20),
      refused: fc.nat(2),
      dropped: fc.nat(5),
      meanMs: fc.constant(100),
    });
    fc.assert(
      fc.property(fc.array(sample), (samples) => {
        const { begin, decide } = aimd({ min: 10, max: 5000 })(100);
        let state = begin(100);
        samples.forEach((facts, i) => {
          const next = decide({ ...facts, nowMs: 400 * i }, state);
          expect(next.limit).toBeGreaterThanOrEqual(10);
          expect(next.limit).toBeLessThanOrEqual(5000);
          const mayGrow =
            facts.refused === 0 &&
            facts.use >= 0.8 &&
            facts.succeeded > 0 &&
            facts.dropped <= facts.succeeded;
          if (!mayGrow) expect(next.limit).toBeLessThanOrEqual(state.limit);
          state = next;
        });
      }),
    );
  });
});
