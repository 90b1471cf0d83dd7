import { getEventListeners } from 'node:events';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { describe, expect, it } from 'vitest';
import type { Outcome, StepContext } from '../../../../src/main/run/step.js';
import { streamConcurrent } from '../../../../src/main/run/stream-concurrent.js';
import { deferred, quiet } from '../../../helpers/deferred.js';

/** Numbers from 0, with what happened to the iterator. */
function source(end = Number.POSITIVE_INFINITY) {
  const log = { opened: 0, pulled: 0, returns: 0 };
  const inputs: Iterable<number> = {
    [Symbol.iterator]() {
      log.opened++;
      return {
        next: () => (log.pulled < end ? { value: log.pulled++ } : { done: true, value: undefined }),
        return: () => ({ done: true, value: log.returns++ }),
      };
    },
  };
  return { inputs, log };
}

const contentOf = <O>(outcome: Outcome<O>) =>
  outcome.state === 'done' ? outcome.value : outcome.error.message;

async function valuesOf<O>(outcomes: AsyncIterable<Outcome<O>>): Promise<unknown[]> {
  const values: unknown[] = [];
  for await (const outcome of outcomes) values.push(contentOf(outcome));
  return values;
}

/** Lets the items end in the order c, a, b. */
async function* shuffled(ordered?: boolean) {
  const gates = { a: deferred<string>(), b: deferred<string>(), c: deferred<string>() };
  const names = ['a', 'b', 'c'] as const;
  const outcomes = streamConcurrent(names, (name) => gates[name].promise, { ordered, concurrency: 3 });
  gates.c.resolve('C');
  quiet()
    .then(() => gates.a.reject(new Error('A failed')))
    .then(quiet)
    .then(() => gates.b.resolve('B'));
  yield* outcomes;
}

describe('streamConcurrent: outcomes', () => {
  it('yields in the order of completion, and goes on after errors', async () => {
    const outcomes: Outcome<string>[] = [];
    for await (const outcome of shuffled()) outcomes.push(outcome);
    expect(outcomes).toMatchObject([
      { index: 2, key: '2', attempts: 1, state: 'done', value: 'C' },
      { index: 0, key: '0', attempts: 1, state: 'failed', error: { code: 'MILLRACE_STEP_FAILED' } },
      { index: 1, key: '1', attempts: 1, state: 'done', value: 'B' },
    ]);
  });

  it('yields in the order of the input if it is told to', async () => {
    expect(await valuesOf(shuffled(true))).toEqual(['A failed', 'B', 'C']);
  });

  it('yields an outcome while others still run', async () => {
    const slow = deferred<string>();
    const outcomes = streamConcurrent(['slow', 'fast'], (input) => (input === 'slow' ? slow.promise : input));
    for await (const outcome of outcomes) {
      expect(outcome).toMatchObject({ index: 1, value: 'fast' });
      slow.resolve('at last');
      break;
    }
  });

  it('takes empty inputs', async () => {
    expect(await valuesOf(streamConcurrent([], () => expect.unreachable()))).toEqual([]);
  });

  it('answers several next() at once, in turn', async () => {
    const outcomes = streamConcurrent([1, 2], (x) => x)[Symbol.asyncIterator]();
    const results = await Promise.all([outcomes.next(), outcomes.next(), outcomes.next(), outcomes.next()]);
    expect(results.map(({ done, value }) => done || contentOf(value))).toEqual([1, 2, true, true]);
  });
});

describe('streamConcurrent: start', () => {
  it('starts with the first next()', async () => {
    const { inputs, log } = source(1);
    const iterator = streamConcurrent(inputs, (x) => x)[Symbol.asyncIterator]();
    await quiet();
    expect(log).toEqual({ opened: 0, pulled: 0, returns: 0 });
    await iterator.next();
    expect(log.opened).toBe(1);
  });

  it('never starts if it is left before', async () => {
    const { inputs, log } = source();
    const iterator = streamConcurrent(inputs, (x) => x)[Symbol.asyncIterator]();
    expect(await iterator.return!()).toEqual({ done: true, value: undefined });
    expect(await iterator.next()).toEqual({ done: true, value: undefined });
    expect(log).toEqual({ opened: 0, pulled: 0, returns: 0 });
  });

  it('can be iterated once', async () => {
    const outcomes = streamConcurrent([1], (x) => x);
    expect(await valuesOf(outcomes)).toEqual([1]);
    expect(() => outcomes[Symbol.asyncIterator]()).toThrow('streamConcurrent: iterated a second time');
  });

  it('checks its arguments at the call', () => {
    expect(() => streamConcurrent([1], (x) => x, { concurrency: 0 })).toThrow(
      'streamConcurrent: option "concurrency"',
    );
  });
});

describe('streamConcurrent: backpressure', () => {
  it.each([false, true])('stops the producer while the consumer is slow (ordered: %s)', async (ordered) => {
    const { inputs, log } = source();
    let consumed = 0;
    for await (const _ of streamConcurrent(inputs, (x) => x, { concurrency: 2, maxPending: 5, ordered })) {
      await quiet();
      expect(log.pulled - consumed).toBe(5);
      if (++consumed === 10) break;
    }
  });

  it('holds early outcomes back within maxPending when ordered, and still gets to the end', async () => {
    const { inputs, log } = source(10);
    const first = deferred();
    const step = (input: number) => (input === 0 ? first.promise.then(() => input) : input);
    const outcomes = valuesOf(
      streamConcurrent(inputs, step, { concurrency: 2, maxPending: 4, ordered: true }),
    );
    await quiet();
    expect(log.pulled).toBe(4);
    first.resolve();
    expect(await outcomes).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
  });
});

describe('streamConcurrent: memory', () => {
  it.each([false, true])('keeps nothing of what was consumed (ordered: %s)', async (ordered) => {
    setFlagsFromString('--expose-gc');
    const collectGarbage = runInNewContext('gc') as () => void;
    const inputs: WeakRef<object>[] = [];
    const outputs: WeakRef<object>[] = [];
    async function* objects() {
      for (let index = 0; index < 60; index++) {
        const input = { index };
        inputs.push(new WeakRef(input));
        yield input;
      }
    }
    const step = (input: object, { signal }: StepContext) => ({ input, signal });
    for await (const outcome of streamConcurrent(objects(), step, {
      concurrency: 2,
      maxPending: 4,
      ordered,
    })) {
      if (outcome.state === 'done') outputs.push(new WeakRef(outcome.value));
      if (outputs.length === 50) {
        await quiet();
        collectGarbage();
        const alive = [...inputs.slice(0, 40), ...outputs.slice(0, 40)].filter(
          (ref) => ref.deref() !== undefined,
        );
        expect(alive).toEqual([]);
      }
    }
    expect(outputs.length).toBe(60);
  });
});

describe('streamConcurrent: leaving', () => {
  /** One item ends at once; its sibling ends, after two turns of the event loop, when it is aborted. */
  function scene() {
    const { inputs, log } = source();
    const diary: string[] = [];
    const step = async (input: number, { signal }: StepContext) => {
      if (input === 0) return;
      await new Promise((resolve) => signal.addEventListener('abort', resolve));
      await quiet();
      await quiet();
      diary.push(`${input} was aborted: ${(signal.reason as Error).name}`);
    };
    return { log, diary, outcomes: streamConcurrent(inputs, step, { concurrency: 2, maxPending: 2 }) };
  }

  it('aborts what runs, waits for it, and closes the input once, on break', async () => {
    const { log, diary, outcomes } = scene();
    for await (const _ of outcomes) break;
    expect(diary).toEqual(['1 was aborted: AbortError']);
    expect(log).toEqual({ opened: 1, pulled: 2, returns: 1 });
  });

  it('does so on an error in the loop, which comes through', async () => {
    const { log, diary, outcomes } = scene();
    const loop = async () => {
      for await (const _ of outcomes) throw new Error('in the loop');
    };
    await expect(loop()).rejects.toThrow('in the loop');
    expect(diary.length).toBe(1);
    expect(log.returns).toBe(1);
  });

  it('does so at once while a next() is under way', async () => {
    const { log, diary, outcomes } = scene();
    const iterator = outcomes[Symbol.asyncIterator]();
    await iterator.next();
    const next = iterator.next();
    expect(await iterator.return!()).toEqual({ done: true, value: undefined });
    expect(await next).toEqual({ done: true, value: undefined });
    expect(diary.length).toBe(2);
    expect(log).toEqual({ opened: 1, pulled: 3, returns: 1 });
  });

  it('runs the finally of an async generator, and shows what it throws', async () => {
    const cleaned: string[] = [];
    async function* inputs(fails: boolean) {
      try {
        for (let i = 0; ; i++) yield i;
      } finally {
        await quiet();
        cleaned.push('cleaned');
        // biome-ignore lint/correctness/noUnsafeFinally: this is what is tested
        if (fails) throw new Error('cleaning failed');
      }
    }
    const options = { concurrency: 1, maxPending: 1 };
    for await (const _ of streamConcurrent(inputs(false), (x) => x, options)) break;
    expect(cleaned).toEqual(['cleaned']);
    const loop = async () => {
      for await (const _ of streamConcurrent(inputs(true), (x) => x, options)) break;
    };
    await expect(loop()).rejects.toThrow('cleaning failed');
  });

  it('leaves no listener on the signal, and is over', async () => {
    const { inputs } = source();
    const { signal } = new AbortController();
    const iterator = streamConcurrent(inputs, (x) => x, { signal })[Symbol.asyncIterator]();
    await iterator.next();
    expect(getEventListeners(signal, 'abort').length).toBe(1);
    await iterator.return!();
    expect(getEventListeners(signal, 'abort')).toEqual([]);
    expect(await iterator.next()).toEqual({ done: true, value: undefined });
  });
});

describe('streamConcurrent: failure of the run', () => {
  it('pulls nothing if the signal has aborted before', async () => {
    const { inputs, log } = source();
    const outcomes = streamConcurrent(inputs, (x) => x, { signal: AbortSignal.abort('early') });
    await expect(valuesOf(outcomes)).rejects.toBe('early');
    expect(log.opened).toBe(0);
  });

  it('rejects with the reason after an abort, dropping outcomes that nobody has consumed', async () => {
    const { inputs, log } = source();
    const controller = new AbortController();
    const iterator = streamConcurrent(inputs, (x) => x, { signal: controller.signal })[
      Symbol.asyncIterator
    ]();
    await iterator.next();
    await quiet();
    const reason = { why: 'test' };
    controller.abort(reason);
    await expect(iterator.next()).rejects.toBe(reason);
    expect(await iterator.next()).toEqual({ done: true, value: undefined });
    expect(log.returns).toBe(1);
    expect(getEventListeners(controller.signal, 'abort')).toEqual([]);
  });

  it('sees an abort until the last outcome is consumed', async () => {
    const controller = new AbortController();
    const iterator = streamConcurrent([1], (x) => x, { signal: controller.signal })[Symbol.asyncIterator]();
    expect(await iterator.next()).toMatchObject({ value: { value: 1 } });
    await quiet();
    controller.abort('late');
    await expect(iterator.next()).rejects.toBe('late');
  });

  it('rejects with an error of the input, after the running items have settled', async () => {
    const settled: number[] = [];
    async function* inputs() {
      yield 1;
      throw new Error('line 2 is broken');
    }
    const step = async (input: number, { signal }: StepContext) => {
      await new Promise((resolve) => signal.addEventListener('abort', resolve));
      await quiet();
      settled.push(input);
    };
    await expect(valuesOf(streamConcurrent(inputs(), step, { concurrency: 2 }))).rejects.toThrow(
      'line 2 is broken',
    );
    expect(settled).toEqual([1]);
  });

  it('does not surface as an unhandled rejection while nobody asks', async () => {
    const controller = new AbortController();
    const unhandled: unknown[] = [];
    const listener = (error: unknown) => unhandled.push(error);
    process.on('unhandledRejection', listener);
    const iterator = streamConcurrent([1, 2], (x) => x, { signal: controller.signal })[
      Symbol.asyncIterator
    ]();
    await iterator.next();
    controller.abort('nobody listens');
    await quiet();
    await quiet();
    process.off('unhandledRejection', listener);
    expect(unhandled).toEqual([]);
    await expect(iterator.next()).rejects.toBe('nobody listens');
  });
});
