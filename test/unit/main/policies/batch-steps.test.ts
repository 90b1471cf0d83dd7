import { getEventListeners } from 'node:events';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Limiter } from '../../../../src/main/limits/limiter.js';
import { type BatchStepsOptions, batchSteps } from '../../../../src/main/policies/batch-steps.js';
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

const refused = () => Object.assign(new Error('bad input'), { status: 400 });
const numbers = (count: number) => Array.from({ length: count }, (_, i) => i);

/** A step over lists that doubles numbers, and refuses lists with a bad one. */
function doubling(clock: VirtualClock, bad: ReadonlySet<number> = new Set()) {
  const calls: number[][] = [];
  const step = async (inputs: number[], { signal }: StepContext) => {
    calls.push(inputs);
    await sleep(clock, 10, signal);
    if (inputs.some((input) => bad.has(input))) throw refused();
    return inputs.map((input) => 2 * input);
  };
  return { calls, step };
}

describe('batchSteps', () => {
  it('packs items into calls, by their number, and gives each its own result', async () => {
    const clock = new VirtualClock();
    const { calls, step } = doubling(clock);
    const run = runConcurrent(numbers(10), batchSteps({ maxItems: 4, clock })(step), {
      concurrency: 2,
      maxPending: 8,
    });
    expect(await clock.run(run)).toEqual(numbers(10).map((n) => 2 * n));
    expect(calls).toEqual([
      [0, 1, 2, 3],
      [4, 5, 6, 7],
      [8, 9],
    ]);
    expect(clock.pending).toBe(0);
  });

  it('packs by tokens, and lets a larger item go alone or fail', async () => {
    const clock = new VirtualClock();
    const { calls, step } = doubling(clock);
    const options: BatchStepsOptions<number> = { maxItems: 9, maxTokens: 10, tokens: (n) => n, clock };
    const inputs = [4, 5, 3, 12, 1];
    const settled = settleConcurrent(inputs, batchSteps(options)(step), { concurrency: 1, maxPending: 9 });
    const outcomes = await clock.run(settled);
    expect(calls).toEqual([
      [4, 5],
      [3, 1],
    ]);
    expect(outcomes[3]).toMatchObject({
      state: 'failed',
      error: { code: 'MILLRACE_OVER_LIMIT', sent: false },
    });
    calls.length = 0;
    const alone = batchSteps({ ...options, oversize: 'alone' })(step);
    await clock.run(runConcurrent(inputs, alone, { concurrency: 1, maxPending: 9 }));
    expect(calls.toSorted((a, b) => b[0]! - a[0]!)).toEqual([[12], [4, 5], [3], [1]]);
  });

  it('makes a call so long after its first item came, although it is not full', async () => {
    const clock = new VirtualClock();
    const sentAt: number[] = [];
    const step = batchSteps({ maxItems: 100, maxDelayMs: 50, clock })((inputs: number[]) => {
      sentAt.push(clock.now());
      return inputs;
    });
    async function* inputs() {
      yield 1;
      await sleep(clock, 30);
      yield 2;
      await sleep(clock, 100);
      yield 3;
    }
    expect(await clock.run(runConcurrent(inputs(), step, { concurrency: 1 }))).toEqual([1, 2, 3]);
    expect(sentAt).toEqual([50, 180]);
  });

  it('makes no more calls at once than the run has slots', async () => {
    const clock = new VirtualClock();
    let running = 0;
    let most = 0;
    const step = batchSteps({ maxItems: 3, clock })(async (inputs: number[]) => {
      most = Math.max(most, ++running);
      await sleep(clock, 10);
      running--;
      return inputs;
    });
    await clock.run(runConcurrent(numbers(60), step, { concurrency: 2, maxPending: 50 }));
    expect(most).toBe(2);
  });

  it('fails only the bad items of a refused call', async () => {
    const clock = new VirtualClock();
    const { calls, step } = doubling(clock, new Set([5]));
    const run = settleConcurrent(numbers(16), batchSteps({ maxItems: 16, clock })(step), {
      concurrency: 1,
      maxPending: 16,
    });
    const outcomes = await clock.run(run);
    expect(outcomes.filter(({ state }) => state === 'failed').map(({ index }) => index)).toEqual([5]);
    expect(calls.length).toBeLessThanOrEqual(1 + 2 * 4);
  });

  it('does not split what may succeed later, or ends the run', async () => {
    const errors = [
      new MillraceError('MILLRACE_CALL_FAILED', 'later', { category: 'retryable' }),
      new MillraceError('MILLRACE_CALL_FAILED', 'broken', { category: 'transient' }),
      new MillraceError('MILLRACE_CALL_FAILED', 'no quota', { scope: 'run' }),
    ];
    for (const error of errors) {
      const clock = new VirtualClock();
      let calls = 0;
      const step = batchSteps({ maxItems: 4, clock })((_inputs: number[]): number[] => {
        calls++;
        throw error;
      });
      const outcomes = await clock.run(settleConcurrent(numbers(4), step, { concurrency: 1, maxPending: 4 }));
      expect(outcomes.map((outcome) => 'error' in outcome && outcome.error)).toEqual(Array(4).fill(error));
      expect(calls).toBe(1);
    }
  });

  it('fails all items of a call with the wrong number of results', async () => {
    const clock = new VirtualClock();
    let calls = 0;
    const step = batchSteps({ maxItems: 3, clock })((inputs: number[]) => {
      calls++;
      return inputs.slice(1);
    });
    const outcomes = await clock.run(settleConcurrent([1, 2, 3], step, { concurrency: 1, maxPending: 3 }));
    for (const outcome of outcomes) {
      expect(outcome).toMatchObject({ state: 'failed', error: { code: 'MILLRACE_STEP_FAILED' } });
      expect('error' in outcome && outcome.error.message).toMatch(/expected 3 results .* received 2 results/);
    }
    expect(calls).toBe(1);
  });

  it('repeats calls with policies inside, and items with policies outside', async () => {
    const clock = new VirtualClock();
    const once = () => {
      const calls: number[][] = [];
      const step = (inputs: number[]) => {
        calls.push(inputs);
        if (calls.length === 1) throw Object.assign(new Error('busy'), { status: 503 });
        return inputs;
      };
      return { calls, step };
    };
    const again = () => retry({ clock, random: () => 0.5 });
    const options = { concurrency: 1, maxPending: 3 };
    const inside = once();
    const perCall = batchSteps({ maxItems: 3, clock })(withPolicies(inside.step, again()));
    const outcomes = await clock.run(settleConcurrent([1, 2, 3], perCall, options));
    expect(outcomes.map(({ attempts }) => attempts)).toEqual([2, 2, 2]);
    expect(inside.calls).toEqual([
      [1, 2, 3],
      [1, 2, 3],
    ]);
    const outside = once();
    const perItem = withPolicies(batchSteps({ maxItems: 3, clock })(outside.step), again());
    expect(await clock.run(runConcurrent([1, 2, 3], perItem, options))).toEqual([1, 2, 3]);
    expect(outside.calls.length).toBe(2);
  });

  it('shares out what a call used, for a token budget around the items', async () => {
    const clock = new VirtualClock();
    const limiter = new Limiter({ tokensPerMinute: 60_000, clock });
    let calls = 0;
    const embed = batchSteps({ maxItems: 3, maxTokens: 100, tokens: (n: number) => n, clock })(
      (inputs: number[], { report }) => {
        calls++;
        report({ usage: { inputTokens: 100, outputTokens: 1 }, sent: true });
        return inputs;
      },
    );
    const step = withPolicies(embed, tokenBudget(limiter, { estimateTokens: (n: number) => n }));
    await clock.run(runConcurrent([10, 20, 3], step, { concurrency: 1, maxPending: 3 }));
    expect(limiter.stats().used).toBe(101 * calls);
  });

  it('lets an item leave a call that has not been made, and waits for the one that has', async () => {
    const clock = new VirtualClock();
    const { calls, step } = doubling(clock);
    const controller = new AbortController();
    const batched = batchSteps({ maxItems: 3, maxDelayMs: 50, clock })(step);
    const first = (input: number, context: StepContext) =>
      input === 0
        ? batched(input, { ...layer(context), signal: controller.signal })
        : batched(input, context);
    const run = settleConcurrent([0, 1], first, { concurrency: 1, maxPending: 3 });
    await clock.advance(10);
    controller.abort(new Error('enough'));
    const outcomes = await clock.run(run);
    expect(outcomes[0]).toMatchObject({ state: 'failed', error: { message: 'enough' } });
    expect(outcomes[1]).toMatchObject({ state: 'done', value: 2 });
    expect(calls).toEqual([[1]]);
    expect(getEventListeners(controller.signal, 'abort')).toEqual([]);
    expect(clock.pending).toBe(0);
  });

  it('goes on for the others when the item that makes the call times out', async () => {
    const clock = new VirtualClock();
    const { step } = doubling(clock);
    const batched = batchSteps({ maxItems: 2, clock })(step);
    const hasty = withPolicies(batched, timeout(5, { clock }));
    const mixed = (input: number, context: StepContext) => (input === 1 ? hasty : batched)(input, context);
    const outcomes = await clock.run(settleConcurrent([0, 1], mixed, { concurrency: 1, maxPending: 2 }));
    expect(outcomes).toMatchObject([
      { state: 'done', value: 0 },
      { state: 'failed', error: { code: 'MILLRACE_TIMEOUT' } },
    ]);
  });

  it('aborts the call when the run is stopped, and leaves no timer', async () => {
    const clock = new VirtualClock();
    const { step } = doubling(clock);
    const controller = new AbortController();
    const run = runConcurrent(numbers(5), batchSteps({ maxItems: 3, clock })(step), {
      concurrency: 1,
      maxPending: 9,
      signal: controller.signal,
    });
    await clock.advance(5);
    controller.abort(new Error('enough'));
    await expect(run).rejects.toThrow('enough');
    expect(clock.pending).toBe(0);
  });

  it('refuses options that make no sense', () => {
    expect(() => batchSteps({ maxItems: 0 })).toThrow(/"maxItems": expected a whole number of at least 1/);
    expect(() => batchSteps({ maxItems: 1, maxTokens: 5 })).toThrow(/"tokens": expected a function/);
  });

  it('gives each item its own result, within the bounds of a call, whatever is bad, slow or aborted', async () => {
    const item = fc.record({
      tokens: fc.integer({ min: 1, max: 12 }),
      isBad: fc.boolean(),
      abortMs: fc.option(fc.integer({ min: 0, max: 60 }), { freq: 6 }),
    });
    const plan = fc.record({
      items: fc.array(item, { maxLength: 40 }),
      badShare: fc.integer({ min: 1, max: 8 }),
      maxItems: fc.integer({ min: 1, max: 9 }),
      maxTokens: fc.integer({ min: 6, max: 30 }),
      concurrency: fc.integer({ min: 1, max: 4 }),
      room: fc.integer({ min: 1, max: 20 }),
    });
    await fc.assert(
      fc.asyncProperty(plan, async ({ items, badShare, maxItems, maxTokens, concurrency, room }) => {
        const clock = new VirtualClock();
        const isBad = (i: number) => items[i]!.isBad && i % badShare === 0;
        const tokensOf = (i: number) => items[i]!.tokens;
        let calls = 0;
        let roots = 0;
        const once = new Set<number>();
        const step = async (inputs: number[], { signal }: StepContext) => {
          calls++;
          if (inputs.every((input) => !once.has(input))) roots++;
          for (const input of inputs) once.add(input);
          const sum = inputs.reduce((total, i) => total + tokensOf(i), 0);
          expect(inputs.length).toBeLessThanOrEqual(maxItems);
          if (inputs.length > 1) expect(sum).toBeLessThanOrEqual(maxTokens);
          await sleep(clock, 7, signal);
          if (inputs.some(isBad)) throw refused();
          return inputs.map((input) => -input);
        };
        const batched = batchSteps({ maxItems, maxTokens, tokens: tokensOf, oversize: 'alone', clock })(step);
        const mixed = (i: number, context: StepContext) => {
          const { abortMs } = items[i]!;
          if (abortMs === null) return batched(i, context);
          return withPolicies(batched, timeout(abortMs + 1, { clock }))(i, context);
        };
        const outcomes = await clock.run(
          settleConcurrent(numbers(items.length), mixed, { concurrency, maxPending: concurrency + room }),
        );
        expect(outcomes.length).toBe(items.length);
        outcomes.forEach((outcome, i) => {
          if (outcome.state === 'done')
            expect({ value: outcome.value, bad: isBad(i) }).toEqual({ value: -i, bad: false });
          else expect(isBad(i) || items[i]!.abortMs !== null).toBe(true);
        });
        const bad = numbers(items.length).filter(isBad).length;
        expect(calls).toBeLessThanOrEqual(roots + 2 * bad * Math.ceil(Math.log2(maxItems)));
        await clock.advance(1000);
        expect(clock.pending).toBe(0);
      }),
      { numRuns: 300 },
    );
  });
});

/** A context's members as an object of its own. */
function layer({
  index,
  key,
  attempt,
  priority,
  run,
  waitOutsideSlot,
  report,
  signal,
}: StepContext): StepContext {
  return { index, key, attempt, priority, run, waitOutsideSlot, report, signal };
}
