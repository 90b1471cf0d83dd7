import { getEventListeners } from 'node:events';
import { describe, expect, it } from 'vitest';
import { ThreadSafeCache } from '../../../../src/main/cache/thread-safe-cache.js';
import { Limiter } from '../../../../src/main/limits/limiter.js';
import { cache } from '../../../../src/main/policies/cache.js';
import { cached } from '../../../../src/main/policies/cached.js';
import { retry } from '../../../../src/main/policies/retry.js';
import { timeout } from '../../../../src/main/policies/timeout.js';
import { tokenBudget } from '../../../../src/main/policies/token-budget.js';
import { runConcurrent } from '../../../../src/main/run/run-concurrent.js';
import { settleConcurrent } from '../../../../src/main/run/settle-concurrent.js';
import type { StepContext } from '../../../../src/main/run/step.js';
import { withPolicies } from '../../../../src/main/run/with-policies.js';
import { sleep } from '../../../../src/shared/clock.js';
import { MillraceError } from '../../../../src/shared/errors.js';
import { VirtualClock } from '../../../../src/shared/virtual-clock.js';
import { deferred, quiet } from '../../../helpers/deferred.js';

describe('cache', () => {
  it('calls the step once for each input, by content or by key', async () => {
    const seen: unknown[] = [];
    const step = (input: { id: number; text: string }) => {
      seen.push(input.id);
      return input.text;
    };
    const inputs = [1, 2, 1, 2].map((id, i) => ({ id, text: `text ${i % 2}` }));
    expect(await runConcurrent(inputs, withPolicies(step, cache()))).toEqual(inputs.map(({ text }) => text));
    expect(seen).toEqual([1, 2]);
    const byKey = cache(undefined, { key: (input: { id: number }) => String(input.id % 1) });
    expect(await runConcurrent(inputs, withPolicies(step, byKey))).toEqual(Array(4).fill('text 0'));
    expect(seen).toEqual([1, 2, 1]);
  });

  it('spends no tokens on a hit', async () => {
    const clock = new VirtualClock();
    const limiter = new Limiter({ tokensPerMinute: 60_000, clock });
    const answers = new ThreadSafeCache();
    const step = withPolicies(
      (text: string) => text.toUpperCase(),
      cache(answers),
      tokenBudget(limiter, { estimateTokens: () => 100 }),
    );
    await clock.run(runConcurrent(['a', 'b', 'a', 'a', 'b'], step, { concurrency: 1 }));
    expect(limiter.stats().admitted).toBe(2);
    expect(answers.stats()).toMatchObject({ coalesced: 3, misses: 2 });
  });

  it('waits for the result of another item without a slot', async () => {
    const gate = deferred();
    const order: string[] = [];
    const step = async (text: string, { run }: StepContext) => {
      order.push(text);
      if (text === 'slow') await gate.promise;
      else gate.resolve();
      expect(run.running).toBeLessThanOrEqual(2);
      return text;
    };
    const results = runConcurrent(['slow', 'slow', 'slow', 'other'], withPolicies(step, cache()), {
      concurrency: 2,
    });
    expect(await results).toEqual(['slow', 'slow', 'slow', 'other']);
    expect(order).toEqual(['slow', 'other']);
  });

  it('does not keep errors', async () => {
    let calls = 0;
    const step = withPolicies((n: number) => {
      calls++;
      throw new Error(`no ${n}`);
    }, cache());
    const outcomes = await settleConcurrent([1, 1], step, { concurrency: 1 });
    expect(outcomes.map(({ state }) => state)).toEqual(['failed', 'failed']);
    expect(calls).toBe(2);
  });

  it('fails an item that no key can be made of', async () => {
    const [outcome] = await settleConcurrent(
      [() => 1],
      withPolicies(() => 1, cache()),
    );
    expect(outcome).toMatchObject({ state: 'failed', error: { code: 'MILLRACE_INVALID_ARGUMENT' } });
  });

  it('goes on for other items when the one that loads times out outside of it', async () => {
    const clock = new VirtualClock();
    const answers = new ThreadSafeCache();
    let signal: AbortSignal | undefined;
    const load = cached<string, string>(async (text, context) => {
      signal = context.signal;
      await sleep(clock, 100, signal);
      return text;
    }, answers);
    const impatient = settleConcurrent(['a'], withPolicies(load, timeout(50, { clock })));
    const patient = settleConcurrent(['a'], load);
    expect(await clock.run(impatient)).toMatchObject([{ error: { code: 'MILLRACE_TIMEOUT' } }]);
    expect(signal!.aborted).toBe(false);
    expect(await clock.run(patient)).toMatchObject([{ state: 'done', value: 'a' }]);
    expect(getEventListeners(signal!, 'abort')).toHaveLength(0);
    expect(clock.pending).toBe(0);
  });

  it('aborts the load when the run of all who want it is stopped', async () => {
    const controller = new AbortController();
    let signal: AbortSignal | undefined;
    const never = withPolicies((_: string, context: StepContext) => {
      signal = context.signal;
      return sleep({ now: () => 0, schedule: () => () => {} }, 1, signal);
    }, cache());
    const run = runConcurrent(['a', 'a', 'a'], never, { signal: controller.signal });
    await quiet();
    controller.abort('stop');
    await expect(run).rejects.toBe('stop');
    expect(signal!.aborted).toBe(true);
  });

  it('lets a run that is stopped wait for its load, whether or not it listens', async () => {
    const gate = deferred();
    const controller = new AbortController();
    const run = runConcurrent(
      ['a', 'a'],
      withPolicies(() => gate.promise, cache()),
      { signal: controller.signal },
    );
    let isOver = false;
    const over = run.catch((reason) => {
      isOver = true;
      return reason;
    });
    await quiet();
    controller.abort('stop');
    await quiet();
    expect(isOver).toBe(false);
    gate.resolve();
    expect(await over).toBe('stop');
  });

  it('lists as not run what waited for a load when an error ended the run', async () => {
    const clock = new VirtualClock();
    const limiter = new Limiter({ requestsPerMinute: 60, clock });
    const step = withPolicies(
      (text: string) => {
        if (text === 'bad') throw new MillraceError('MILLRACE_CALL_FAILED', 'quota', { scope: 'run' });
        return text;
      },
      cache(),
      tokenBudget(limiter),
    );
    const outcomes = await clock.run(settleConcurrent(['bad', 'a', 'a', 'a'], step, { concurrency: 4 }));
    expect(outcomes.map(({ state }) => state)).toEqual(['failed', 'notRun', 'notRun', 'notRun']);
    expect(clock.pending).toBe(0);
  });

  it('loads again for another run when the run that loaded was stopped', async () => {
    const clock = new VirtualClock();
    let calls = 0;
    const flaky = async () => {
      if (++calls === 1) throw new MillraceError('MILLRACE_CALL_FAILED', '503', { category: 'transient' });
      return 'value';
    };
    const step = withPolicies(flaky, cache(), retry({ clock, jitter: 'none', baseMs: 1000 }));
    const controller = new AbortController();
    const first = runConcurrent(['a'], step, { signal: controller.signal });
    await quiet();
    const second = runConcurrent(['a'], step);
    await quiet();
    controller.abort('stop');
    await expect(first).rejects.toBe('stop');
    expect(await clock.run(second)).toEqual(['value']);
    expect(clock.pending).toBe(0);
  });
});

describe('cached', () => {
  it('is a function that remembers, and a step', async () => {
    let calls = 0;
    const square = cached((n: number) => {
      calls++;
      return n * n;
    });
    expect(await Promise.all([square(3), square(3), square(4)])).toEqual([9, 9, 16]);
    expect(await runConcurrent([3, 4, 5], square)).toEqual([9, 16, 25]);
    expect(calls).toBe(3);
  });

  it('rejects for a key that can’t be made, rather than throwing', async () => {
    await expect(cached((f: () => void) => f)(() => {})).rejects.toThrow(/option "key"/);
  });

  it('takes a cache and a key', async () => {
    const answers = new ThreadSafeCache();
    const first = cached((word: string) => word.length, answers, { key: (word) => `length:${word}` });
    await first('four');
    expect(await answers.get('length:four')).toBe(4);
  });
});
