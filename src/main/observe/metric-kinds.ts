import type { DurationHistogram } from '../../shared/histogram.js';
import { BUCKET_SECONDS, type BucketCounts } from './bucket-counts.js';

/** One number of a metric, as prom-client's registries want it. */
export interface Sample {
  /** Where it differs from the metric's. */
  readonly metricName?: string;
  readonly labels: Readonly<Record<string, string | number>>;
  readonly value: number;
}

/** The one number of a metric without labels. */
export function only(value: number): Sample[] {
  return [{ labels: {}, value }];
}

/** A number for each value of a label. */
export function each(label: string, values: Iterable<readonly [string, number]>): Sample[] {
  return [...values].map(([name, value]) => ({ labels: { [label]: name }, value }));
}

/** A histogram of seconds. */
export function histogram(name: string, buckets: BucketCounts): Sample[] {
  const counts = buckets.cumulative();
  const bucket = (le: string | number, value: number) => ({
    metricName: `${name}_bucket`,
    labels: { le },
    value,
  });
  return [
    ...BUCKET_SECONDS.map((le, i) => bucket(le, counts[i]!)),
    bucket('+Inf', buckets.count),
    { metricName: `${name}_sum`, labels: {}, value: buckets.sumSeconds },
    { metricName: `${name}_count`, labels: {}, value: buckets.count },
  ];
}

/** Percentiles in seconds. */
export function quantiles(
  name: string,
  durations: DurationHistogram,
  { sumSeconds, count }: BucketCounts,
): Sample[] {
  const { p50, p95, p99 } = durations.percentiles();
  const quantile = (q: number, ms: number) => ({ labels: { quantile: q }, value: ms / 1000 });
  return [
    ...(count === 0 ? [] : [quantile(0.5, p50), quantile(0.95, p95), quantile(0.99, p99)]),
    { metricName: `${name}_sum`, labels: {}, value: sumSeconds },
    { metricName: `${name}_count`, labels: {}, value: count },
  ];
}
