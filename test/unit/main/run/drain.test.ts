import { getEventListeners } from 'node:events';
import { describe, expect, it } from 'vitest';
import { Limiter } from '../../../../src/main/limits/limiter.js';
import { tokenBudget } from '../../../../src/main/policies/token-budget.js';
import { runConcurrent } from '../../../../src/main/run/run-concurrent.js';
import { settleConcurrent } from '../../../../src/main/run/settle-concurrent.js';
import type { StepContext } from '../../../../src/main/run/step.js';
import { streamConcurrent } from '../../../../src/main/run/stream-concurrent.js';
import { withPolicies } from '../../../../src/main/run/with-policies.js';
import { sleep } from '../../../../src/shared/clock.js';
import { VirtualClock } from '../../../../src/shared/virtual-clock.js';

const states = (outcomes: readonly { state: string }[]) => outcomes.map(({ state }) => state);

function slow(clock: VirtualClock) {
  return async (input: number, { signal }: StepContext) => {
    await sleep(clock, 100, signal);
    return input;
  };
}

describe('the run option drain', () => {
  it('lets what has begun end, and lists the rest as not run', async () => {
    const clock = new VirtualClock();
    const drain = new AbortController();
    const run = settleConcurrent([1, 2, 3, 4, 5], slow(clock), { concurrency: 2, drain: drain.signal });
    await clock.advance(150);
    drain.abort(new Error('the evening'));
    const outcomes = await clock.run(run);
    expect(states(outcomes)).toEqual(['done', 'done', 'done', 'done', 'notRun']);
    expect(outcomes[4]).toMatchObject({ attempts: 0, error: { code: 'MILLRACE_NOT_RUN', scope: 'run' } });
    expect(clock.now()).toBe(200);
    expect(getEventListeners(drain.signal, 'abort')).toEqual([]);
  });

  it('starts nothing if it was drained before', async () => {
    const clock = new VirtualClock();
    const outcomes = await settleConcurrent([1, 2], slow(clock), { drain: AbortSignal.abort() });
    expect(states(outcomes)).toEqual(['notRun', 'notRun']);
  });

  it('rejects runConcurrent when what ran has ended, and not if nothing was left', async () => {
    const clock = new VirtualClock();
    const drain = new AbortController();
    const ended: number[] = [];
    const step = async (input: number, context: StepContext) => ended.push(await slow(clock)(input, context));
    const run = runConcurrent([1, 2, 3], step, { concurrency: 2, drain: drain.signal });
    const complete = runConcurrent([4, 5], step, { concurrency: 2, drain: drain.signal });
    await clock.advance(50);
    drain.abort();
    await expect(clock.run(run)).rejects.toMatchObject({ code: 'MILLRACE_NOT_RUN' });
    expect(await clock.run(complete)).toHaveLength(2);
    expect(ended.sort()).toEqual([1, 2, 4, 5]);
  });

  it('closes an input of unknown length', async () => {
    const clock = new VirtualClock();
    const drain = new AbortController();
    let isClosed = false;
    async function* forever() {
      try {
        for (let i = 0; ; i++) yield i;
      } finally {
        isClosed = true;
      }
    }
    const options = { concurrency: 2, drain: drain.signal };
    const settled = settleConcurrent(forever(), slow(clock), options);
    const rejected = runConcurrent(forever(), slow(clock), options);
    rejected.catch(() => {});
    await clock.advance(250);
    drain.abort();
    expect(states(await clock.run(settled))).toEqual(Array(6).fill('done'));
    await expect(clock.run(rejected)).rejects.toMatchObject({ code: 'MILLRACE_NOT_RUN' });
    expect(isClosed).toBe(true);
  });

  it('does not wait for what has not been let through', async () => {
    const clock = new VirtualClock();
    const drain = new AbortController();
    const limiter = new Limiter({ requestsPerMinute: 1, clock });
    const step = withPolicies(slow(clock), tokenBudget(limiter));
    const run = settleConcurrent([1, 2, 3], step, { concurrency: 1, drain: drain.signal });
    await clock.advance(50);
    drain.abort();
    expect(states(await clock.run(run))).toEqual(['done', 'notRun', 'notRun']);
    expect(clock.now()).toBe(100);
    expect(limiter.stats().waiting).toBe(0);
    expect(clock.pending).toBe(0);
  });

  it('ends a stream', async () => {
    const clock = new VirtualClock();
    const drain = new AbortController();
    const seen: string[] = [];
    const read = async () => {
      const options = { concurrency: 1, drain: drain.signal };
      for await (const { state } of streamConcurrent([1, 2, 3, 4, 5, 6, 7, 8], slow(clock), options))
        seen.push(state);
    };
    const reading = read();
    await clock.advance(150);
    drain.abort();
    await clock.run(reading);
    expect(seen).toEqual(['done', ...Array(6).fill('notRun'), 'done']);
  });
});
