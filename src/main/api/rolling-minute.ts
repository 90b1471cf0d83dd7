import type { ServerLimit } from './server-limit.js';

const MINUTE_MS = 60_000;
/** Room that is free at the beginning of the lists is given back when it is this long. */
const COMPACT_AT = 4096;

/**
 * All that was taken in the last 60 seconds, each at its moment: what was taken at t counts in (now − 60 s, now]. As a
 * limit it is the strict sliding window; beside another limit it watches what that one lets through.
 */
export class RollingMinute implements ServerLimit {
  private times: number[] = [];
  private amounts: number[] = [];
  /** Where the first one stands that still counts. */
  private first = 0;
  /** How many were dropped from the front of the lists. */
  private dropped = 0;
  private sum = 0;

  constructor(
    public perMinute: number,
    isEmpty = false,
  ) {
    if (isEmpty) this.take(perMinute, 0);
  }

  change(perMinute: number): void {
    this.perMinute = perMinute;
  }

  waitMs(amount: number, now: number): number {
    if (amount > this.perMinute) return Number.POSITIVE_INFINITY;
    let missing = this.used(now) + amount - this.perMinute;
    if (missing <= 0) return 0;
    for (let i = this.first; i < this.times.length; i++) {
      missing -= this.amounts[i]!;
      if (missing <= 0) return this.times[i]! + MINUTE_MS - now;
    }
    return Number.POSITIVE_INFINITY;
  }

  take(amount: number, now: number): number {
    this.pass(now);
    this.sum += amount;
    this.times.push(now);
    return this.dropped + this.amounts.push(amount) - 1;
  }

  giveBack(amount: number, taken: number, now: number): void {
    this.pass(now);
    const place = taken - this.dropped;
    if (place < this.first) return;
    this.amounts[place]! -= amount;
    this.sum -= amount;
  }

  used(now: number): number {
    this.pass(now);
    return this.sum;
  }

  resetMs(now: number): number {
    this.pass(now);
    return this.first === this.times.length ? 0 : this.times.at(-1)! + MINUTE_MS - now;
  }

  private pass(now: number): void {
    // The sum and not the difference: so a wait of `time + 60 s − now` has ended when it is over.
    while (this.first < this.times.length && this.times[this.first]! + MINUTE_MS <= now)
      this.sum -= this.amounts[this.first++]!;
    if (this.first < COMPACT_AT || this.first < this.times.length / 2) return;
    this.times = this.times.slice(this.first);
    this.amounts = this.amounts.slice(this.first);
    this.dropped += this.first;
    this.first = 0;
  }
}
