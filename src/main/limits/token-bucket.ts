import { MINUTE_MS, type RateBudget } from './rate-budget.js';

export interface TokenBucketOptions {
  /** What flows in, in a minute. */
  perMinute: number;
  /** How much may gather while nobody takes. Default: what flows in in a second, at least 1. */
  burst?: number | undefined;
  /** What is in it at the beginning. Default: 0, or 1 where the burst is that little: one call needn't wait. */
  initial?: number | undefined;
}

/** What rounding may leave of a wait. */
const EPSILON = 1e-6;

/**
 * A continuous refill, as OpenAI's servers have it. In any time t at most `burst + perMinute × t` are taken, if
 * nothing is corrected upward; with amounts above the burst, that amount stands in its place.
 *
 * It begins all but empty, because what the server has left is unknown. What is given back stays usable, also above
 * the burst: the server got it back, too. An amount that was too small is a debt, and is paid before the next.
 */
export class TokenBucket implements RateBudget {
  private rate: number;
  private burst: number | undefined;
  private level: number;
  private updatedAt: number | undefined;
  /** The amount that the first in line saves up for. */
  private goal = 0;

  constructor({ perMinute, burst, initial }: TokenBucketOptions) {
    this.rate = perMinute;
    this.burst = burst;
    this.level = initial ?? Math.min(1, this.capacity);
  }

  get perMinute(): number {
    return this.rate;
  }

  /**
   * What was gathered before counts at the old rate only as far as somebody has looked since. The burst changes in
   * proportion.
   */
  set perMinute(perMinute: number) {
    if (this.burst !== undefined) this.burst *= perMinute / this.rate;
    this.rate = perMinute;
  }

  waitMs(amount: number, now: number): number {
    this.goal = amount;
    const missing = amount - this.available(now);
    return missing <= EPSILON ? 0 : (missing * MINUTE_MS) / this.rate;
  }

  take(amount: number, now: number): void {
    this.level = this.available(now) - amount;
    this.goal = 0;
  }

  correct(difference: number, _takenAt: number, now: number): void {
    this.level = this.available(now) - difference;
  }

  available(now: number): number {
    const gained = ((now - (this.updatedAt ?? now)) * this.rate) / MINUTE_MS;
    this.updatedAt = now;
    const cap = Math.max(this.level, this.capacity, this.goal);
    this.level = Math.min(cap, this.level + gained);
    return this.level;
  }

  private get capacity(): number {
    return Math.max(1, this.burst ?? this.rate / 60);
  }
}
