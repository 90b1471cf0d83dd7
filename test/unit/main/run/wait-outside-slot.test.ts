import { describe, expect, it } from 'vitest';
import { runConcurrent } from '../../../../src/main/run/run-concurrent.js';
import { settleConcurrent } from '../../../../src/main/run/settle-concurrent.js';
import type { StepContext } from '../../../../src/main/run/step.js';
import { type Deferred, deferred, quiet } from '../../../helpers/deferred.js';

/** Gates by name, and a diary of what happened. */
function scene() {
  const gates = new Map<string, Deferred<void>>();
  const diary: string[] = [];
  const wait = (name: string) => {
    const gate = deferred();
    gates.set(name, gate);
    return gate.promise;
  };
  const open = async (name: string) => {
    gates.get(name)!.resolve();
    await quiet();
  };
  return { gates, diary, wait, open };
}

describe('waitOutsideSlot', () => {
  it('gives the slot to the next item, and goes on before new items once there is one again', async () => {
    const { diary, wait, open } = scene();
    let state: StepContext['run'] | undefined;
    const results = runConcurrent(
      ['a', 'b', 'c'],
      async (name, { waitOutsideSlot, run }) => {
        state = run;
        diary.push(`${name} starts`);
        if (name === 'a')
          diary.push(await waitOutsideSlot('limiter', () => wait('limiter').then(() => 'a is back')));
        await wait(name);
      },
      { concurrency: 1 },
    );
    await quiet();
    expect(diary).toEqual(['a starts', 'b starts']);
    expect(state).toMatchObject({ queued: 0, running: 1, waiting: { limiter: 1, retry: 0 } });
    await open('limiter');
    expect(diary).toEqual(['a starts', 'b starts']);
    expect(state).toMatchObject({ queued: 1, running: 1, waiting: { limiter: 0 } });
    await open('b');
    expect(diary).toEqual(['a starts', 'b starts', 'a is back']);
    await open('a');
    expect(diary).toEqual(['a starts', 'b starts', 'a is back', 'c starts']);
    await open('c');
    await results;
    expect(state).toMatchObject({ queued: 0, running: 0, done: 3 });
  });

  it('lets items come back in the order in which their waits ended', async () => {
    const { diary, wait, open } = scene();
    const results = runConcurrent(
      ['a', 'b', 'c', 'd'],
      async (name, context) => {
        if (name !== 'd') await context.waitOutsideSlot('retry', () => wait(`retry ${name}`));
        diary.push(name);
        await wait(name);
      },
      { concurrency: 1 },
    );
    await quiet();
    for (const name of ['b', 'c', 'a']) await open(`retry ${name}`);
    for (const name of ['d', 'b', 'c', 'a']) await open(name);
    await results;
    expect(diary).toEqual(['d', 'b', 'c', 'a']);
  });

  it.each([
    ['rejects', () => Promise.reject(new Error('gone'))],
    [
      'throws at once',
      () => {
        throw new Error('gone');
      },
    ],
  ])('takes a slot back also if the wait %s', async (_how, wait) => {
    let running = 0;
    const outcomes = await settleConcurrent(
      [1, 2, 3],
      async (_input, context) => {
        await expect(context.waitOutsideSlot('pool', wait)).rejects.toThrow('gone');
        running = Math.max(running, context.run.running);
        expect(context.run.waiting.pool + context.run.queued + context.run.running).toBeLessThanOrEqual(3);
        return context.run.running;
      },
      { concurrency: 1 },
    );
    expect(outcomes.map((outcome) => outcome.state)).toEqual(['done', 'done', 'done']);
    expect(running).toBe(1);
  });

  it('admits no more than maxPending, however many wait', async () => {
    const { wait, open, gates } = scene();
    let pulled = 0;
    function* inputs() {
      while (pulled < 6) yield pulled++;
    }
    const step = (input: number, context: StepContext) =>
      context.waitOutsideSlot('limiter', () => wait(`${input}`));
    const results = runConcurrent(inputs(), step, { concurrency: 1, maxPending: 3 });
    await quiet();
    expect(pulled).toBe(3);
    await open('1');
    expect(pulled).toBe(4);
    for (const name of ['0', '2', '3', '4', '5']) await open(name);
    await results;
    expect(gates.size).toBe(6);
  });

  it('holds an item back that arrives after the slot was taken by one that came back', async () => {
    const { diary, wait, open } = scene();
    async function* inputs() {
      yield 'a';
      await wait('arrival');
      yield 'b';
    }
    let state: StepContext['run'] | undefined;
    const results = runConcurrent(
      inputs(),
      async (name, { waitOutsideSlot, run }) => {
        state = run;
        diary.push(name);
        if (name === 'a') await waitOutsideSlot('breaker', () => wait('breaker'));
        await wait(name);
      },
      { concurrency: 1 },
    );
    await quiet();
    await open('breaker');
    await open('arrival');
    expect(diary).toEqual(['a']);
    expect(state).toMatchObject({ queued: 1, running: 1 });
    await open('a');
    expect(diary).toEqual(['a', 'b']);
    await open('b');
    await results;
  });

  it('takes waits inside of each other for one', async () => {
    const { diary, wait, open } = scene();
    const results = runConcurrent(
      ['a', 'b', 'c'],
      async (name, { waitOutsideSlot, run }) => {
        diary.push(`${name} starts`);
        if (name !== 'a') return wait(name);
        await waitOutsideSlot('retry', async () => {
          await waitOutsideSlot('limiter', () => wait('inner'));
          expect(run).toMatchObject({ queued: 0, waiting: { retry: 1, limiter: 0 } });
          await wait('outer');
        });
        diary.push(`a is back, ${run.running} running`);
      },
      { concurrency: 1 },
    );
    await quiet();
    await open('inner');
    await open('b');
    expect(diary).toEqual(['a starts', 'b starts', 'c starts']);
    await open('outer');
    await open('c');
    await results;
    expect(diary.at(-1)).toBe('a is back, 1 running');
  });

  it('takes waits beside each other for one', async () => {
    const { diary, wait, open } = scene();
    const results = runConcurrent(
      ['a', 'b', 'c'],
      async (name, { waitOutsideSlot, run }) => {
        diary.push(`${name} starts`);
        if (name !== 'a') return wait(name);
        await Promise.all([
          waitOutsideSlot('retry', () => wait('left')),
          waitOutsideSlot('limiter', () => wait('right')),
        ]);
        diary.push(`a is back, ${run.running} running`);
      },
      { concurrency: 1 },
    );
    await quiet();
    await open('left');
    await open('b');
    expect(diary).toEqual(['a starts', 'b starts', 'c starts']);
    await open('right');
    await open('c');
    await results;
    expect(diary.at(-1)).toBe('a is back, 1 running');
  });

  it.each(['while it waits', 'while it waits for a slot'])('keeps count if a step ends %s', async (when) => {
    const { diary, wait, open } = scene();
    let state: StepContext['run'] | undefined;
    const results = runConcurrent(
      ['a', 'b', 'c'],
      async (name, { waitOutsideSlot, run }) => {
        state = run;
        diary.push(`${name} starts`);
        if (name !== 'a') return wait(name);
        await Promise.race([waitOutsideSlot('limiter', () => wait('limiter')), wait('timeout')]);
      },
      { concurrency: 1 },
    );
    await quiet();
    if (when === 'while it waits') {
      await open('timeout');
      await open('limiter');
    } else {
      await open('limiter');
      expect(state).toMatchObject({ running: 1, queued: 1 });
      await open('timeout');
    }
    expect(state).toMatchObject({ running: 1, queued: 0, done: 1, waiting: { limiter: 0 } });
    expect(diary).toEqual(['a starts', 'b starts']);
    await open('b');
    expect(diary).toEqual(['a starts', 'b starts', 'c starts']);
    await open('c');
    await results;
    expect(state).toMatchObject({ running: 0, queued: 0, done: 3, waiting: { limiter: 0 } });
  });
});

describe('waitOutsideSlot after the run has stopped', () => {
  it('ends as the wait does, without a slot', async () => {
    const { diary, wait, open } = scene();
    const controller = new AbortController();
    const results = runConcurrent(
      ['waits', 'comes back', 'runs'],
      async (name, { waitOutsideSlot, run }) => {
        if (name === 'runs') return wait('runs');
        const lease = await waitOutsideSlot('connection', () => wait(name).then(() => `lease of ${name}`));
        diary.push(`${lease}, ${run.running} running`);
      },
      { concurrency: 1, signal: controller.signal },
    );
    await quiet();
    await open('comes back');
    expect(diary).toEqual([]);
    controller.abort('stop');
    await quiet();
    expect(diary).toEqual(['lease of comes back, 1 running']);
    await open('waits');
    expect(diary).toEqual(['lease of comes back, 1 running', 'lease of waits, 1 running']);
    const rejection = expect(results).rejects.toBe('stop');
    await open('runs');
    await rejection;
  });

  it('drops an item that was about to start', async () => {
    const { wait, open } = scene();
    const controller = new AbortController();
    async function* inputs() {
      yield 'a';
      await wait('arrival');
      yield 'b';
    }
    const started: string[] = [];
    let state: StepContext['run'] | undefined;
    const results = runConcurrent(
      inputs(),
      async (name, { waitOutsideSlot, run }) => {
        state = run;
        started.push(name);
        await waitOutsideSlot('pool', () => wait('pool'));
        await wait(name);
      },
      { concurrency: 1, signal: controller.signal },
    );
    const rejection = expect(results).rejects.toBe('stop');
    await quiet();
    await open('pool');
    await open('arrival');
    expect(state).toMatchObject({ queued: 1, running: 1 });
    controller.abort('stop');
    expect(state).toMatchObject({ queued: 0, running: 1 });
    await open('a');
    await rejection;
    expect(started).toEqual(['a']);
  });

  it('starts no new wait, and rejects with the reason', async () => {
    const reason = new Error('stop');
    const rejections: unknown[] = [];
    const results = runConcurrent([0, 1], async (input, context) => {
      await quiet();
      if (input === 0) throw reason;
      await quiet();
      await context
        .waitOutsideSlot('retry', () => expect.unreachable())
        .catch((error) => rejections.push(error));
    });
    await expect(results).rejects.toBe(reason);
    expect(rejections).toEqual([reason]);
    expect(rejections[0]).toBe(reason);
  });
});
