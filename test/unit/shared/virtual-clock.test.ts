import { describe, expect, it } from 'vitest';
import { sleep } from '../../../src/shared/clock.js';
import { VirtualClock } from '../../../src/shared/virtual-clock.js';

describe('VirtualClock', () => {
  it('calls back in the order of time, with promises settled in between', async () => {
    const clock = new VirtualClock();
    const diary: string[] = [];
    const note = async (name: string, delayMs: number, again?: number) => {
      await sleep(clock, delayMs);
      diary.push(`${name} at ${clock.now()}`);
      if (again !== undefined) await note(`${name} again`, again);
    };
    void note('b', 20);
    void note('a', 10, 5);
    await clock.advance(18);
    expect(diary).toEqual(['a at 10', 'a again at 15']);
    expect(clock.now()).toBe(18);
    await clock.advance(10);
    expect(diary.at(-1)).toBe('b at 20');
    expect(clock.pending).toBe(0);
  });

  it('takes calls back', async () => {
    const clock = new VirtualClock();
    let called = 0;
    const cancel = clock.schedule(() => called++, 10);
    clock.schedule(() => called++, 10);
    cancel();
    cancel();
    expect(clock.pending).toBe(1);
    await clock.advance(10);
    expect(called).toBe(1);
  });

  it('runs work to its end, or says that nothing will bring it about', async () => {
    const clock = new VirtualClock();
    const hours = sleep(clock, 7_200_000).then(() => 'slept');
    expect(await clock.run(hours)).toBe('slept');
    expect(clock.now()).toBe(7_200_000);
    await expect(clock.run(new Promise(() => {}))).rejects.toThrow(/no timer/);
  });
});

it('takes no call back that was made', async () => {
  const clock = new VirtualClock();
  const cancel = clock.schedule(() => {}, 10);
  await clock.advance(10);
  cancel();
  expect(clock.pending).toBe(0);
});

describe('sleep', () => {
  it('leaves no timer and no listener behind when it is aborted', async () => {
    const clock = new VirtualClock();
    const controller = new AbortController();
    const slept = sleep(clock, 1000, controller.signal);
    controller.abort('enough');
    await expect(slept).rejects.toBe('enough');
    expect(clock.pending).toBe(0);
    await expect(sleep(clock, 1, controller.signal)).rejects.toBe('enough');
  });
});
