import type { Clock } from '../../shared/clock.js';
import { PriorityQueue } from '../../shared/priority-queue.js';

/** Somebody who waits in the lines of one gate or several. */
export interface InLine {
  /** No longer waiting: admitted or given up. */
  readonly isGone: boolean;
}

/** Those who gave up stay in line until so many have gathered, and they are the majority. */
const TOLERATED = 64;

/**
 * Who waits at a gate: by key, and first in, first out among equal keys. Whoever is first is tried again when the
 * gate calls `retry`, or at the time of the line's one timer.
 */
export class WaitingLine {
  /** Tries whoever is first. Set by the admission that the line serves. */
  onRetry = () => {};
  private readonly queue = new PriorityQueue<InLine>();
  private waiting = 0;
  private timer: { cancel: () => void; due: number } | undefined;

  constructor(readonly clock: Clock) {}

  /** How many wait. */
  get size(): number {
    return this.waiting;
  }

  join(who: InLine, key: number, ticket: number): void {
    this.queue.push(who, key, ticket);
    this.waiting++;
  }

  /** Somebody in the line is gone. */
  left(): void {
    this.waiting--;
    if (this.queue.size > 2 * this.waiting + TOLERATED) this.queue.filter(({ isGone }) => !isGone);
    if (this.waiting === 0) this.stopTimer();
  }

  /** Who is first. */
  first(): InLine | undefined {
    while (this.queue.peek()?.isGone) this.queue.shift();
    return this.queue.peek();
  }

  /** The gate may have opened. */
  retry(): void {
    if (this.waiting > 0) this.onRetry();
  }

  /** Retries in so many milliseconds, instead of when it was going to. */
  retryIn(delayMs: number): void {
    const due = this.clock.now() + delayMs;
    if (this.timer?.due === due) return;
    this.stopTimer();
    const cancel = this.clock.schedule(() => {
      this.timer = undefined;
      this.retry();
    }, delayMs);
    this.timer = { cancel, due };
  }

  private stopTimer(): void {
    this.timer?.cancel();
    this.timer = undefined;
  }
}
