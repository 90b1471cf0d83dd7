import { getEventListeners } from 'node:events';
import { availableParallelism } from 'node:os';
import { describe, expect, it } from 'vitest';
import { runConcurrent } from '../../../../src/main/run/run-concurrent.js';
import type { StepContext } from '../../../../src/main/run/step.js';
import type { ProgressReport } from '../../../../src/shared/progress.js';
import { type Deferred, deferred, quiet } from '../../../helpers/deferred.js';

/** A step whose items end when the test says so. */
function gated<O = string>() {
  const gates = new Map<number, Deferred<O>>();
  const started: number[] = [];
  const step = (_input: unknown, { index }: StepContext): Promise<O> => {
    started.push(index);
    const gate = deferred<O>();
    gates.set(index, gate);
    return gate.promise;
  };
  return { step, started, gate: (index: number) => gates.get(index)! };
}

async function* asyncly<T>(items: Iterable<T>): AsyncGenerator<T> {
  yield* items;
}

describe('runConcurrent: results', () => {
  it('returns results in input order, whatever the order of completion', async () => {
    const { step, gate } = gated();
    const results = runConcurrent(['a', 'b', 'c'], step, { concurrency: 3 });
    await quiet();
    gate(2).resolve('C');
    await quiet();
    gate(0).resolve('A');
    gate(1).resolve('B');
    expect(await results).toEqual(['A', 'B', 'C']);
  });

  it.each([
    ['an array', () => [1, 2, 3]],
    ['a set', () => new Set([1, 2, 3])],
    ['a typed array', () => new Uint8Array([1, 2, 3])],
    ['a generator', () => [1, 2, 3].values()],
    ['an async generator', () => asyncly([1, 2, 3])],
  ])('takes %s', async (_name, inputs) => {
    expect(await runConcurrent<number, number>(inputs(), (x) => 10 * x, { concurrency: 2 })).toEqual([
      10, 20, 30,
    ]);
  });

  it('takes empty inputs', async () => {
    const never = () => expect.unreachable();
    expect(await runConcurrent([], never)).toEqual([]);
    expect(await runConcurrent(asyncly([]), never)).toEqual([]);
  });

  it('keeps undefined results in their places', async () => {
    expect(await runConcurrent([1, 2], () => undefined)).toEqual([undefined, undefined]);
  });

  it('passes promises among the inputs on as they are', async () => {
    const results = await runConcurrent([Promise.resolve(1)], (input) => input instanceof Promise);
    expect(results).toEqual([true]);
  });

  it('tells each step its index, key and attempt, and calls it without a this', async () => {
    const seen: unknown[] = [];
    const step = function (this: unknown, input: string, { index, key, attempt }: StepContext) {
      seen.push([this, input, index, key, attempt]);
    };
    await runConcurrent(['x', 'y'], step);
    await runConcurrent(['x', 'y'], step, { key: (input, index) => `${input}-${index}` });
    expect(seen).toEqual([
      [undefined, 'x', 0, '0', 1],
      [undefined, 'y', 1, '1', 1],
      [undefined, 'x', 0, 'x-0', 1],
      [undefined, 'y', 1, 'y-1', 1],
    ]);
  });
});

describe('runConcurrent: concurrency', () => {
  it('runs up to `concurrency` items and pulls the next only when one can start', async () => {
    const { step, started, gate } = gated();
    let pulled = 0;
    function* inputs() {
      for (; pulled < 5; ) yield pulled++;
    }
    const results = runConcurrent(inputs(), step, { concurrency: 2 });
    await quiet();
    expect({ started, pulled }).toEqual({ started: [0, 1], pulled: 2 });
    gate(1).resolve('');
    await quiet();
    expect({ started, pulled }).toEqual({ started: [0, 1, 2], pulled: 3 });
    for (const index of [0, 2, 3, 4]) {
      gate(index).resolve('');
      await quiet();
    }
    await results;
  });

  it('runs one after the other with concurrency 1', async () => {
    const events: string[] = [];
    await runConcurrent(
      ['a', 'b', 'c'],
      async (input) => {
        events.push(`${input} starts`);
        await quiet();
        events.push(`${input} ends`);
      },
      { concurrency: 1 },
    );
    expect(events).toEqual(['a starts', 'a ends', 'b starts', 'b ends', 'c starts', 'c ends']);
  });

  it.each([undefined, 'auto' as const])(
    'runs twice as many as there are processors with %s',
    async (concurrency) => {
      const { step, started, gate } = gated();
      const expected = 2 * availableParallelism();
      const results = runConcurrent(new Array(expected + 5), step, { concurrency });
      await quiet();
      expect(started.length).toBe(expected);
      for (let index = 0; index < expected + 5; index++) {
        gate(index).resolve('');
        await quiet();
      }
      await results;
    },
  );

  it('never calls next() while a next() is under way', async () => {
    const pulls: Deferred<IteratorResult<number, undefined>>[] = [];
    const inputs: AsyncIterable<number> = {
      [Symbol.asyncIterator]: () => ({
        next: () => {
          pulls.push(deferred());
          return pulls.at(-1)!.promise;
        },
      }),
    };
    const results = runConcurrent(inputs, (x) => x, { concurrency: 4 });
    for (let pull = 0; pull < 3; pull++) {
      await quiet();
      expect(pulls.length).toBe(pull + 1);
      pulls[pull]!.resolve({ value: pull });
    }
    await quiet();
    pulls[3]!.resolve({ done: true, value: undefined });
    expect(await results).toEqual([0, 1, 2]);
  });

  it('survives many items that give their slots away at once', async () => {
    const items = 20_000;
    const open = deferred();
    let waiting = 0;
    const results = runConcurrent(
      new Array(items),
      (_input, { waitOutsideSlot }) => {
        if (++waiting === items) open.resolve();
        return waitOutsideSlot('limiter', () => open.promise);
      },
      { concurrency: 1, maxPending: items },
    );
    expect((await results).length).toBe(items);
  });
});

describe('runConcurrent: errors', () => {
  it('aborts the siblings at the first error, waits for them, and rejects with that error itself', async () => {
    const { step, gate } = gated();
    const first = new Error('first');
    const signals: AbortSignal[] = [];
    let rejection: unknown;
    const results = runConcurrent(
      'abcd',
      (input, context) => {
        signals.push(context.signal);
        return step(input, context);
      },
      { concurrency: 3 },
    ).catch((error) => {
      rejection = error;
    });
    await quiet();
    gate(1).reject(first);
    await quiet();
    expect(signals.map(({ aborted }) => aborted)).toEqual([true, false, true]);
    expect(signals[0]!.reason).toBe(first);
    gate(0).reject(new Error('second'));
    await quiet();
    expect(rejection).toBeUndefined();
    gate(2).resolve('too late');
    await results;
    expect(rejection).toBe(first);
    expect(signals.length).toBe(3);
  });

  it('rejects with what a step throws at once, be it no error at all', async () => {
    const thrown = { reason: 'just because' };
    const step = () => {
      throw thrown;
    };
    await expect(runConcurrent([1], step)).rejects.toBe(thrown);
    await expect(runConcurrent([1], () => Promise.reject(undefined))).rejects.toBe(undefined);
  });

  it('closes an input that was not used up, once, after the running items have settled', async () => {
    const { step, gate } = gated();
    const events: string[] = [];
    function* inputs() {
      try {
        for (;;) yield 0;
      } finally {
        events.push('closed');
      }
    }
    const results = runConcurrent(inputs(), step, { concurrency: 2 });
    gate(0).reject(new Error('stop'));
    await quiet();
    expect(events).toEqual([]);
    events.push('last item settles');
    gate(1).resolve('');
    await expect(results).rejects.toThrow('stop');
    expect(events).toEqual(['last item settles', 'closed']);
  });

  it('waits for the cleaning up of an async generator', async () => {
    const cleaning = deferred();
    let isOver = false;
    async function* inputs() {
      try {
        yield 1;
        yield 2;
      } finally {
        await cleaning.promise;
      }
    }
    const step = () => quiet().then(() => Promise.reject(new Error('stop')));
    const results = runConcurrent(inputs(), step, { concurrency: 1 }).finally(() => {
      isOver = true;
    });
    results.catch(() => {});
    for (let turn = 0; turn < 5; turn++) await quiet();
    expect(isOver).toBe(false);
    cleaning.resolve();
    await expect(results).rejects.toThrow('stop');
  });

  it('does not wait for an input that is still waiting for its next item', async () => {
    const idle = deferred();
    let closed = false;
    async function* inputs() {
      try {
        yield 1;
        await idle.promise;
        yield 2;
      } finally {
        closed = true;
      }
    }
    const step = () => quiet().then(() => Promise.reject(new Error('stop')));
    await expect(runConcurrent(inputs(), step, { concurrency: 2 })).rejects.toThrow('stop');
    idle.resolve();
    await quiet();
    expect(closed).toBe(true);
  });

  it('prefers the first error to what closing the input throws', async () => {
    function* inputs() {
      try {
        for (;;) yield 0;
      } finally {
        // biome-ignore lint/correctness/noUnsafeFinally: this is what is tested
        throw new Error('closing failed');
      }
    }
    const step = () => Promise.reject(new Error('first'));
    await expect(runConcurrent(inputs(), step, { concurrency: 1 })).rejects.toThrow('first');
  });
});

describe('runConcurrent: errors of the input', () => {
  it.each([
    ['synchronous', (inputs: Iterable<number>) => inputs],
    ['asynchronous', (inputs: Iterable<number>) => asyncly(inputs)],
  ])('aborts and waits, then rejects with the error: %s', async (_name, make) => {
    const broken = new Error('line 3 is broken');
    let returns = 0;
    const inputs: Iterable<number> = {
      [Symbol.iterator]() {
        let next = 0;
        return {
          next: () => {
            if (next === 2) throw broken;
            return { value: next++ };
          },
          return: () => ({ done: true, value: returns++ }),
        };
      },
    };
    const ended: number[] = [];
    const results = runConcurrent(
      make(inputs),
      async (input, { signal }) => {
        await new Promise((resolve) => signal.addEventListener('abort', resolve));
        await quiet();
        ended.push(input);
        signal.throwIfAborted();
      },
      { concurrency: 3 },
    );
    await expect(results).rejects.toBe(broken);
    expect(ended).toEqual([0, 1]);
    expect(returns).toBe(0);
  });

  it('rejects if the iterator cannot be had', async () => {
    const inputs = {
      [Symbol.iterator]: (): Iterator<number> => {
        throw new Error('no iterator');
      },
    };
    await expect(runConcurrent(inputs, (x) => x)).rejects.toThrow('no iterator');
  });

  it.each(['sync', 'async'])('rejects if next() gives no result object: %s', async (kind) => {
    const next = () => (kind === 'sync' ? undefined : Promise.resolve(undefined));
    const symbol = kind === 'sync' ? Symbol.iterator : Symbol.asyncIterator;
    const inputs = { [symbol]: () => ({ next }) } as unknown as Iterable<number>;
    await expect(runConcurrent(inputs, (x) => x)).rejects.toThrow(TypeError);
  });

  it('closes the input if `key` throws', async () => {
    let closed = 0;
    function* inputs() {
      try {
        for (;;) yield 1;
      } finally {
        closed++;
      }
    }
    const key = () => {
      throw new Error('no key');
    };
    await expect(runConcurrent(inputs(), (x) => x, { key })).rejects.toThrow('no key');
    expect(closed).toBe(1);
  });
});

describe('runConcurrent: abort', () => {
  it('pulls nothing if the signal has aborted before', async () => {
    const reason = { why: 'test' };
    const inputs = { [Symbol.iterator]: () => expect.unreachable() };
    const signal = AbortSignal.abort(reason);
    await expect(runConcurrent(inputs, (x) => x, { signal })).rejects.toBe(reason);
    expect(getEventListeners(signal, 'abort')).toEqual([]);
  });

  it('aborts what runs, waits for it, starts nothing more, and rejects with the reason untouched', async () => {
    const { step, started, gate } = gated();
    const controller = new AbortController();
    const reason = { why: 'test' };
    let rejection: unknown;
    const results = runConcurrent(
      [1, 2, 3],
      async (input, context) => {
        await step(input, context);
        context.signal.throwIfAborted();
      },
      { concurrency: 2, signal: controller.signal },
    ).catch((error) => {
      rejection = error;
    });
    await quiet();
    controller.abort(reason);
    gate(0).resolve('');
    await quiet();
    expect(rejection).toBeUndefined();
    gate(1).resolve('');
    await results;
    expect(rejection).toBe(reason);
    expect(started).toEqual([0, 1]);
    expect(getEventListeners(controller.signal, 'abort')).toEqual([]);
  });

  it('hands the reason to signals that are first read after the abort', async () => {
    const controller = new AbortController();
    const reasons: unknown[] = [];
    const step = async (_input: number, context: StepContext) => {
      controller.abort('stop');
      reasons.push(context.signal.reason);
    };
    await expect(runConcurrent([1], step, { signal: controller.signal })).rejects.toBe('stop');
    expect(reasons).toEqual(['stop']);
  });

  it('drops an item that arrives after the abort', async () => {
    const controller = new AbortController();
    const arrival = deferred<number>();
    async function* inputs() {
      yield await arrival.promise;
    }
    const never = () => expect.unreachable();
    const results = runConcurrent(inputs(), never, { signal: controller.signal });
    await quiet();
    controller.abort('stop');
    await expect(results).rejects.toBe('stop');
    arrival.resolve(1);
    await quiet();
  });

  it.each(['input', 'key', 'step', 'onError', 'progress'])(
    'can be aborted from inside of %s',
    async (place) => {
      const controller = new AbortController();
      const abortIn = (here: string) => {
        if (here === place) controller.abort('stop');
      };
      function* inputs() {
        for (let i = 0; i < 3; i++) {
          abortIn('input');
          yield i;
        }
      }
      const step = () => {
        abortIn('step');
        if (place === 'onError') throw new Error('failed');
      };
      const results = runConcurrent(inputs(), step, {
        signal: controller.signal,
        key: (input) => {
          abortIn('key');
          return String(input);
        },
        progress: () => abortIn('progress'),
        onError: () => abortIn('onError'),
      });
      await expect(results).rejects.toBe('stop');
      expect(getEventListeners(controller.signal, 'abort')).toEqual([]);
    },
  );

  it('leaves no listener on the signal, however it ends', async () => {
    const { signal } = new AbortController();
    await runConcurrent([1], (x) => x, { signal });
    await runConcurrent([1], () => Promise.reject(new Error('no')), { signal }).catch(() => {});
    expect(getEventListeners(signal, 'abort')).toEqual([]);
  });

  it('does not abort the signals of items that have settled', async () => {
    const signals: AbortSignal[] = [];
    const step = (input: number, { signal }: StepContext) => {
      signals.push(signal);
      if (input === 2) throw new Error('stop');
    };
    await expect(runConcurrent([1, 2], step, { concurrency: 1 })).rejects.toThrow('stop');
    expect(signals.map(({ aborted }) => aborted)).toEqual([false, false]);
  });
});

describe('runConcurrent: what it tells', () => {
  it('reports progress at the start and after each item, with the total where the input tells it', async () => {
    const reportsOf = async (inputs: Iterable<unknown>, label?: string) => {
      const reports: ProgressReport[] = [];
      await runConcurrent(inputs, () => {}, { label, progress: (report) => reports.push(report) });
      return reports;
    };
    const unit = 'items';
    expect(await reportsOf(['x', 'y'], 'files')).toEqual([
      { label: 'files', done: 0, total: 2, unit },
      { label: 'files', done: 1, total: 2, unit },
      { label: 'files', done: 2, total: 2, unit },
    ]);
    expect((await reportsOf(new Map([[1, 2]]))).at(-1)).toEqual({ label: 'run', done: 1, total: 1, unit });
    expect((await reportsOf(['x'].values())).at(-1)).toEqual({ label: 'run', done: 1, unit });
    expect((await reportsOf('😀')).at(-1)).toEqual({ label: 'run', done: 1, unit });
  });

  it('rejects with what the progress sink throws', async () => {
    for (const bad of [0, 1]) {
      const progress = ({ done }: ProgressReport) => {
        if (done === bad) throw new Error(`no progress at ${bad}`);
      };
      await expect(runConcurrent([1, 2], (x) => x, { progress })).rejects.toThrow(`no progress at ${bad}`);
    }
  });

  it('shows onError the first failure and rejects with the original', async () => {
    const seen: unknown[] = [];
    const original = new TypeError('odd');
    const step = () => Promise.reject(original);
    const onError = (item: string, error: Error) => seen.push([item, error.message, error.cause]);
    await expect(runConcurrent(['x', 'y'], step, { onError })).rejects.toBe(original);
    expect(seen).toEqual([['x', 'odd', original]]);
  });

  it('counts what runs', async () => {
    const { step, gate } = gated();
    let state: StepContext['run'] | undefined;
    const results = runConcurrent(
      [1, 2, 3],
      (input, context) => {
        state = context.run;
        return step(input, context);
      },
      { concurrency: 2 },
    );
    await quiet();
    expect(state).toMatchObject({ queued: 0, running: 2, done: 0, failed: 0 });
    gate(0).resolve('');
    await quiet();
    expect(state).toMatchObject({ running: 2, done: 1 });
    gate(1).resolve('');
    gate(2).resolve('');
    await results;
    expect(state).toMatchObject({ queued: 0, running: 0, done: 3, failed: 0 });
  });
});
