import type { Clock } from 'millrace';

const WINDOW_MS = 60_000;
const NAP_MS = 50;
const TOLERANCE = 1.2;

/**
 * The limiter of the plan that Millrace began with, as a peer: it reserves the estimate blindly, sleeps 50 ms at a time
 * while more than 120 % of the limit are reserved in the last minute, and never learns what was really used.
 */
export class PlanLimiter {
  private readonly reserved: { at: number; tokens: number }[] = [];
  private sum = 0;

  constructor(
    private readonly tokensPerMinute: number,
    private readonly clock: Clock,
  ) {}

  async acquire(tokens: number): Promise<void> {
    while (this.inWindow() + tokens > TOLERANCE * this.tokensPerMinute)
      await new Promise<void>((resolve) => this.clock.schedule(resolve, NAP_MS));
    this.reserved.push({ at: this.clock.now(), tokens });
    this.sum += tokens;
  }

  private inWindow(): number {
    const oldest = this.clock.now() - WINDOW_MS;
    while (this.reserved.length > 0 && this.reserved[0]!.at <= oldest)
      this.sum -= this.reserved.shift()!.tokens;
    return this.sum;
  }
}

/** Runs batches of so many, each when the one before has ended as a whole. */
export async function inBatches<I>(
  items: readonly I[],
  size: number,
  work: (item: I) => Promise<void>,
): Promise<void> {
  for (let start = 0; start < items.length; start += size)
    await Promise.all(items.slice(start, start + size).map(work));
}
