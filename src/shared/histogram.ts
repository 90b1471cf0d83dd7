import { build, type Histogram } from 'hdr-histogram-js';

/** Percentiles of a set of durations, in milliseconds. All are 0 while nothing was recorded. */
export interface Percentiles {
  readonly count: number;
  readonly p50: number;
  readonly p95: number;
  readonly p99: number;
  readonly max: number;
}

const MICROSECONDS = 1000;
/** One hour, in microseconds: longer durations are recorded as this. */
const HIGHEST = 3_600_000_000;

/** Durations recorded in constant memory: microseconds to an hour, to three significant digits. */
export class DurationHistogram {
  private readonly histogram: Histogram = build({
    bitBucketSize: 32,
    lowestDiscernibleValue: 1,
    highestTrackableValue: HIGHEST,
    numberOfSignificantValueDigits: 3,
  });

  record(durationMs: number): void {
    const microseconds = Math.round(durationMs * MICROSECONDS);
    this.histogram.recordValue(Math.min(Math.max(microseconds, 0), HIGHEST));
  }

  percentiles(): Percentiles {
    const at = (percent: number) => this.histogram.getValueAtPercentile(percent) / MICROSECONDS;
    const { totalCount, maxValue } = this.histogram;
    return { count: totalCount, p50: at(50), p95: at(95), p99: at(99), max: maxValue / MICROSECONDS };
  }
}
