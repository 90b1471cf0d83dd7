/** How much of something may be used in a time. Both kinds are told the time, and hold no timers. */
export interface RateBudget {
  /** Units a minute. A change takes effect at once. */
  perMinute: number;
  /** In how many milliseconds `amount`, at most `perMinute`, may be taken; 0 is now. For the first in line. */
  waitMs(amount: number, now: number): number;
  take(amount: number, now: number): void;
  /** What was taken at `takenAt` turned out to be so much more, or less if negative. */
  correct(difference: number, takenAt: number, now: number): void;
  /** How much may be taken now; negative while a debt is paid off. */
  available(now: number): number;
}

export const MINUTE_MS = 60_000;
