import { cosineOf } from './cosine.js';

/**
 * What similar means. Inside, every metric is a *quality*, a float32 that is higher for a better pair: the cosine,
 * the dot product, or the Euclidean distance with its sign turned.
 */
export type Metric = 'cosine' | 'dot' | 'euclidean';

/**
 * The inner product that stands for a metric. Rows are scaled into the unit ball (by their own norm for the cosine,
 * by the largest norm of all for the others), so that one error bound holds for every metric. A pair's *selection
 * value* is the inner product of its scaled rows plus an offset for each row, and grows as the quality does:
 *
 * - cosine: x·y / (|x| |y|)
 * - dot: x·y / s², with s the largest norm
 * - euclidean: (x·y − |x|²/2 − |y|²/2) / s² = −|x − y|² / (2 s²)
 */
export class MetricSpace {
  /** Added to every bound: float32 roundings of the terms, of the bound, and of the reported quality. */
  readonly slack: number;
  private readonly scale: number;

  /** @param largestNorm - of all rows on both sides; the cosine doesn't ask for it */
  constructor(
    readonly metric: Metric,
    largestNorm: number,
  ) {
    this.scale = largestNorm > 0 ? largestNorm : 1;
    // Below the range of float32 the rounding is absolute, and large beside the norms if those are tiny.
    const underflow = { cosine: 0, dot: 2 ** -149 / this.scale ** 2, euclidean: 2 ** -146 / this.scale };
    this.slack = (metric === 'euclidean' ? 2 ** -18 : 2 ** -20) + underflow[metric];
  }

  /** What a row is multiplied with before it is packed; `square` is its dot product with itself. */
  inverse(square: number): number {
    if (this.metric !== 'cosine') return 1 / this.scale;
    return square === 0 ? 0 : 1 / Math.sqrt(square);
  }

  /** What a row adds to the selection value of each of its pairs. */
  offset(square: number): number {
    return this.metric === 'euclidean' ? -square / (2 * this.scale * this.scale) : 0;
  }

  /** The selection value that belongs to a quality. */
  toSelection(quality: number): number {
    if (this.metric === 'cosine') return quality;
    const scaled = quality / this.scale;
    return this.metric === 'dot' ? scaled / this.scale : (-scaled * scaled) / 2;
  }

  /**
   * The dot product or the distance for an inner product of two scaled rows, off by a few roundings. For the cosine
   * it is the inner product itself.
   */
  fromProduct(product: number, leftSquare: number, rightSquare: number): number {
    const full = product * this.scale * this.scale;
    return this.metric === 'dot' ? full : Math.sqrt(Math.max(0, leftSquare + rightSquare - 2 * full));
  }
}

const LARGEST = 2 ** 128 * (1 - 2 ** -24);

/**
 * The quality of a pair, which is what is compared and reported: one rounding from float64 to float32.
 *
 * @param product - the canonical dot product, or for `euclidean` the canonical squared distance
 * @returns never −0; beyond the range of float32 the largest float32
 */
export function qualityOf(metric: Metric, product: number, leftSquare: number, rightSquare: number): number {
  if (metric === 'cosine') return cosineOf(product, leftSquare, rightSquare) + 0;
  const exact = metric === 'dot' ? product : -Math.sqrt(product);
  return Math.fround(Math.max(-LARGEST, Math.min(LARGEST, exact))) + 0;
}

/** The quality that stands for a threshold or a distance of the caller's, and back. */
export function asQuality(metric: Metric, value: number): number {
  return metric === 'euclidean' ? 0 - value : value;
}
