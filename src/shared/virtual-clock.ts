import type { Clock } from './clock.js';
import { PriorityQueue } from './priority-queue.js';

/**
 * A clock that stands still until it is told to go on: time passes as fast as what happens in it can be computed.
 * Whatever waits on it is exact and the same in every run.
 */
export class VirtualClock implements Clock {
  private time = 0;
  private readonly timers = new PriorityQueue<{ callback: (() => void) | undefined }>();
  private alive = 0;

  now(): number {
    return this.time;
  }

  schedule(callback: () => void, delayMs: number): () => void {
    const timer: { callback: (() => void) | undefined } = { callback };
    this.timers.push(timer, this.time + Math.max(0, delayMs));
    this.alive++;
    return () => {
      if (timer.callback === undefined) return;
      timer.callback = undefined;
      this.alive--;
    };
  }

  /** How many timers are set. */
  get pending(): number {
    return this.alive;
  }

  /** Lets `durationMs` pass: calls what falls due, in the order of time, and lets promises settle in between. */
  async advance(durationMs: number): Promise<void> {
    const end = this.time + durationMs;
    await settle();
    while (this.stepTo(end)) await settle();
    this.time = end;
  }

  /**
   * Lets time pass until `work` has ended, and gives its result.
   *
   * @throws Error if it can't end, because nothing is set to happen any more.
   */
  async run<T>(work: Promise<T>): Promise<T> {
    let isOver = false;
    const over = () => {
      isOver = true;
    };
    work.then(over, over);
    await settle();
    while (!isOver) {
      const moved = this.stepTo(Number.POSITIVE_INFINITY);
      await settle();
      if (!moved && !isOver) throw new Error('the work waits for something that no timer brings about');
    }
    return work;
  }

  /** Goes on to the next timer that is due by `end`, and calls it; false if there is none. */
  private stepTo(end: number): boolean {
    for (let due = this.timers.peekKey(); due !== undefined && due <= end; due = this.timers.peekKey()) {
      const timer = this.timers.shift()!;
      const { callback } = timer;
      if (callback === undefined) continue;
      timer.callback = undefined;
      this.alive--;
      this.time = Math.max(this.time, due);
      callback();
      return true;
    }
    return false;
  }
}

/** Comes back after every promise job that is ready, and all that follow from them, have run. */
function settle(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
