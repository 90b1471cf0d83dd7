import { describe, expect, it } from 'vitest';
import { Schedule } from '../../../../src/main/compute/schedule.js';
import type { Work } from '../../../../src/main/compute/work.js';
import { VirtualClock } from '../../../../src/shared/virtual-clock.js';

/** Work as the schedule sees it. */
function work(priority: number, facts: Partial<Work> = {}): Work {
  return { priority, divisible: false, threads: 0, wantsThread: () => true, ...facts } as Work;
}

describe('Schedule', () => {
  it('serves by priority, and first in, first out inside one', () => {
    const schedule = new Schedule(new VirtualClock());
    const works = [5, 1, 5, 0, 1].map((priority) => work(priority));
    for (const one of works) schedule.add(one);
    const order = works.map(() => works.indexOf(schedule.next()!));
    expect(order).toEqual([3, 1, 4, 0, 2]);
    expect(schedule.next()).toBeUndefined();
  });

  it('serves the lowest class within twice the ageing horizon, with twice the work that can be done above it', async () => {
    const clock = new VirtualClock();
    const schedule = new Schedule(clock);
    const levels = 10;
    const lowest = work(levels);
    schedule.add(lowest);
    for (;;) {
      schedule.add(work(0));
      schedule.add(work(0));
      if (schedule.next() === lowest) break;
      await clock.advance(20);
    }
    expect(clock.now()).toBeGreaterThan(levels * 1000);
    expect(clock.now()).toBeLessThanOrEqual(2 * levels * 1000);
  });

  it('lets a divisible job take more threads until what waits below it has waited long enough', async () => {
    const clock = new VirtualClock();
    const schedule = new Schedule(clock);
    const job = work(0, { divisible: true, threads: 1 });
    schedule.add(job);
    expect(schedule.next()).toBe(job);
    const same = work(0);
    schedule.add(same);
    expect(schedule.makesWay(job)).toBe(true);
    expect(schedule.next()).toBe(same);
    const below = work(3);
    schedule.add(below);
    expect(schedule.makesWayIn(job)).toBe(3000);
    expect(schedule.next()).toBe(job);
    await clock.advance(3000);
    expect(schedule.makesWay(job)).toBe(true);
    expect(schedule.next()).toBe(below);
    expect(schedule.makesWayIn(job)).toBe(Number.POSITIVE_INFINITY);
  });
});
