import { MINUTE_MS, type RateBudget } from './rate-budget.js';

export interface SlidingWindowOptions {
  /** The most that may be taken in any 60 seconds. */
  perMinute: number;
  /** Takes of so many milliseconds are kept as one, which stays in the window for so much longer. Default: 100. */
  resolutionMs?: number | undefined;
}

/**
 * Never more than `perMinute` in any 60 seconds. Takes are kept by slots of `resolutionMs`, so that memory and time
 * don't grow with their number; a slot counts until its last moment is a minute old, so that the rounding is on the
 * safe side.
 */
export class SlidingWindow implements RateBudget {
  private readonly resolutionMs: number;
  /** By the number of the slot, modulo their count. */
  private readonly amounts: Float64Array;
  /** All that still counts. */
  private used = 0;
  /** The newest slot. */
  private newest = 0;

  constructor(readonly options: SlidingWindowOptions) {
    this.perMinute = options.perMinute;
    this.resolutionMs = options.resolutionMs ?? 100;
    this.amounts = new Float64Array(Math.ceil(MINUTE_MS / this.resolutionMs) + 1);
  }

  perMinute: number;

  waitMs(amount: number, now: number): number {
    let missing = amount - this.available(now);
    if (missing <= 0) return 0;
    const count = this.amounts.length;
    for (let slot = this.newest - count + 1; slot <= this.newest; slot++) {
      missing -= this.amounts[modulo(slot, count)]!;
      if (missing <= 0) return Math.max(0, (slot + count) * this.resolutionMs - now) + LATE_MS;
    }
    return Number.POSITIVE_INFINITY;
  }

  take(amount: number, now: number): void {
    this.pass(now);
    this.add(this.newest, amount);
  }

  correct(difference: number, takenAt: number, now: number): void {
    this.pass(now);
    const slot = Math.floor(takenAt / this.resolutionMs);
    if (slot > this.newest - this.amounts.length) this.add(slot, difference);
  }

  available(now: number): number {
    this.pass(now);
    return this.perMinute - this.used;
  }

  private add(slot: number, amount: number): void {
    this.amounts[modulo(slot, this.amounts.length)]! += amount;
    this.used += amount;
  }

  /** Drops what is over a minute old. */
  private pass(now: number): void {
    const slot = Math.floor(now / this.resolutionMs);
    const count = this.amounts.length;
    const from = Math.max(this.newest + 1, slot - count + 1);
    for (let i = from; i <= slot; i++) this.amounts[modulo(i, count)] = 0;
    if (slot <= this.newest) return;
    this.newest = slot;
    // Added up again, so that rounding doesn't gather.
    this.used = this.amounts.reduce((sum, amount) => sum + amount, 0);
  }
}

/** So that a timer that was set by a rounded time doesn't come back a moment too soon. */
const LATE_MS = 0.001;

function modulo(slot: number, count: number): number {
  return ((slot % count) + count) % count;
}
