/** Upper bounds in seconds, from a millisecond to five minutes. */
export const BUCKET_SECONDS = [
  0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300,
] as const;

/** Durations counted as Prometheus wants them: how many were at most so long, for a few lengths. */
export class BucketCounts {
  /** How many fell into each bucket and not into the one before; the last is of all that were longer. */
  private readonly counts = new Float64Array(BUCKET_SECONDS.length + 1);
  sumSeconds = 0;
  count = 0;

  record(durationMs: number): void {
    const seconds = durationMs / 1000;
    let bucket = 0;
    while (bucket < BUCKET_SECONDS.length && seconds > BUCKET_SECONDS[bucket]!) bucket++;
    this.counts[bucket]!++;
    this.sumSeconds += seconds;
    this.count++;
  }

  /** How many were at most as long as each of {@link BUCKET_SECONDS}. */
  cumulative(): number[] {
    let total = 0;
    return BUCKET_SECONDS.map((_, bucket) => {
      total += this.counts[bucket]!;
      return total;
    });
  }
}
