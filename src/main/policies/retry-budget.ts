import { type Clock, systemClock } from '../../shared/clock.js';
import { MINUTE_MS } from '../limits/rate-budget.js';

export interface RetryBudgetOptions {
  /** The share of the calls of the last minute that may be retries. Default: 0.2. */
  share?: number | undefined;
  /** So many retries a minute are always allowed. Default: 10. */
  minimum?: number | undefined;
  /** For tests and simulations. */
  clock?: Clock | undefined;
}

/** The minute is counted in so many parts. */
const PARTS = 60;

/**
 * Bounds the retries of a minute, those that still wait included, so that an outage is not multiplied by everybody
 * who tries again. (The idea is Finagle's `RetryBudget`.)
 */
export class RetryBudget {
  private readonly share: number;
  private readonly minimum: number;
  private readonly clock: Clock;
  private readonly calls = new Float64Array(PARTS);
  private readonly retries = new Float64Array(PARTS);
  private newest = 0;
  /** Retries that were granted and have not begun. */
  private waiting = 0;

  constructor({ share = 0.2, minimum = 10, clock = systemClock }: RetryBudgetOptions = {}) {
    this.share = share;
    this.minimum = minimum;
    this.clock = clock;
  }

  /** A call begins that is no retry. */
  called(): void {
    this.pass();
    this.calls[this.newest % PARTS]!++;
  }

  /** Whether there may be one more retry. Who is told so waits, and then says `began()` or `dropped()`. */
  grant(): boolean {
    this.pass();
    const allowed = Math.max(this.minimum, this.share * sum(this.calls));
    if (this.waiting + sum(this.retries) + 1 > allowed) return false;
    this.waiting++;
    return true;
  }

  began(): void {
    this.pass();
    this.waiting--;
    this.retries[this.newest % PARTS]!++;
  }

  dropped(): void {
    this.waiting--;
  }

  private pass(): void {
    const part = Math.floor((this.clock.now() * PARTS) / MINUTE_MS);
    for (let i = Math.max(this.newest + 1, part - PARTS + 1); i <= part; i++) {
      this.calls[i % PARTS] = 0;
      this.retries[i % PARTS] = 0;
    }
    this.newest = Math.max(this.newest, part);
  }
}

function sum(counts: Float64Array): number {
  let total = 0;
  for (const count of counts) total += count;
  return total;
}
