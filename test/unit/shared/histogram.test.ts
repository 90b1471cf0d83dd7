import { expect, it } from 'vitest';
import { DurationHistogram } from '../../../src/shared/histogram.js';

it('tells percentiles in milliseconds, to three digits', () => {
  const histogram = new DurationHistogram();
  for (let i = 1; i <= 1000; i++) histogram.record(i / 10);
  const { count, p50, p95, p99, max } = histogram.percentiles();
  expect(count).toBe(1000);
  for (const [found, expected] of [
    [p50, 50],
    [p95, 95],
    [p99, 99],
    [max, 100],
  ] as const) {
    expect(Math.abs(found - expected) / expected).toBeLessThan(0.002);
  }
});

it('takes durations beyond its range, and none', () => {
  const histogram = new DurationHistogram();
  expect(histogram.percentiles()).toEqual({ count: 0, p50: 0, p95: 0, p99: 0, max: 0 });
  histogram.record(-1);
  histogram.record(1e12);
  expect(histogram.percentiles().count).toBe(2);
});
