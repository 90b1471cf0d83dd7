import { dotProduct, squaredDistance } from '../../shared/kernels/similarity/cosine.js';
import type { PackedFormat } from '../../shared/kernels/similarity/kernels.js';
import { type MetricSpace, qualityOf } from '../../shared/kernels/similarity/metric.js';
import { readRows } from '../../shared/row-source.js';
import type { ReadyKernel } from './kernel-catalog.js';
import type { RowSet } from './row-set.js';

/** What decides how many pairs a filter lets through: a fixed quality, or the worst of the best so many of a row. */
export type FilterRule = { readonly floor: number } | { readonly listLength: number };

/** The share of pairs that have to be scored again, if rows are packed in a format. */
export type PassRate = (format: PackedFormat) => number;

const SAMPLES = 512;
/** Nanoseconds to score a pair again: to list and to read it, and for each dimension. */
const RESCORE_NS = { pair: 90, dimension: 0.26 };

/** How much wider than the true value the selection value of a quantised pair usually is. */
function widthOf(format: PackedFormat, d: number): number {
  if (format === 'float32') return 0;
  // Rounding errors are uniform: 1/√12 of a step each, √d of them, on both sides; the scale of int8 follows the row.
  return format === 'int16' ? (2 * 0.29 * Math.sqrt(d)) / 32_000 : 0.045;
}

/**
 * Estimates the pass rate from pairs that are drawn at random, always the same ones.
 *
 * @param right - the same as `left` for pairs of one set
 * @throws MillraceError what `readRows` throws
 */
export function sampleRate(rule: FilterRule, space: MetricSpace, left: RowSet, right: RowSet): PassRate {
  const { columns: d } = left;
  const others = right.rows;
  const x = new Float32Array(new SharedArrayBuffer(4 * d));
  const y = new Float32Array(new SharedArrayBuffer(4 * d));
  const values = new Float64Array(SAMPLES);
  let state = 1;
  const below = (end: number) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * end);
  };
  for (let at = 0; at < SAMPLES; at++) {
    const i = below(left.rows);
    // In one set a row has no pair with itself.
    const j = left === right && others > 1 ? (i + 1 + below(others - 1)) % others : below(others);
    readRows(left.source, i, x);
    readRows(right.source, j, y);
    const product = space.metric === 'euclidean' ? squaredDistance(x, 0, y, 0, d) : dotProduct(x, 0, y, 0, d);
    const squares = [dotProduct(x, 0, x, 0, d), dotProduct(y, 0, y, 0, d)] as const;
    values[at] = space.toSelection(qualityOf(space.metric, product, ...squares));
  }
  values.sort();
  const isList = 'listLength' in rule;
  const share = isList ? Math.min(1, rule.listLength / others) : 0;
  const bound = isList
    ? values[Math.max(0, SAMPLES - 1 - Math.floor(share * SAMPLES))]!
    : space.toSelection(rule.floor);
  // While a list fills, each of its places is taken about ln(n / k) times.
  const filling = share === 0 ? 0 : share * Math.log(1 / share);
  return (format) => {
    const least = bound - widthOf(format, d);
    return values.filter((value) => value >= least).length / SAMPLES + filling;
  };
}

/** Nanoseconds that a pair takes with a kernel. */
export function pairNs({ kernel }: ReadyKernel, d: number, rate: PassRate): number {
  return d * kernel.typicalNs + rate(kernel.format) * (RESCORE_NS.pair + d * RESCORE_NS.dimension);
}

/** The kernel that takes the least time for a pair. */
export function cheapest(kernels: Iterable<ReadyKernel>, d: number, rate: PassRate): ReadyKernel {
  return [...kernels].reduce((best, kernel) =>
    pairNs(kernel, d, rate) < pairNs(best, d, rate) ? kernel : best,
  );
}
