import { hasLost, type LimitAlgorithm, type LimitDecision } from './limit.js';

export interface GradientOptions {
  /** The limit never goes below. Default: 1. */
  min?: number | undefined;
  /** The limit never goes above. Default: 1000. */
  max?: number | undefined;
}

/** Where the limit stands, and how long calls usually take. */
export interface GradientState extends LimitDecision {
  /** The mean duration over many samples. */
  readonly longMs: number;
  readonly samples: number;
}

/** How much longer than usual calls may take before the limit goes down. */
const TOLERANCE = 1.5;
/** What is tried above the limit that the durations suggest: a queue of so many. */
const QUEUE = 4;
const SMOOTHING = 0.2;
const LONG_SAMPLES = 600;
const WARM_UP_SAMPLES = 10;
const LOSS = 0.9;

/**
 * Finds how many calls at once a server bears that never refuses, by how long they take: Gradient2 of Netflix's
 * concurrency-limits. With the mean duration of a sample and that of the last 600 samples,
 *
 * `g = clamp(1.5 × long ÷ short, 0.5, 1)`, `limit ← 0.8 × limit + 0.2 × (g × limit + 4)`.
 *
 * If the long mean is more than twice the short one, the load has gone, and it follows faster (× 0.95). The limit doesn't
 * change if less than half of it was used. A sample with lost or refused calls multiplies it by 0.9: else constant
 * time-outs, which take equally long, would make it grow (Netflix/concurrency-limits, issue 137).
 */
export function gradient(options: GradientOptions = {}): (first: number) => LimitAlgorithm<GradientState> {
  const { min = 1, max = 1000 } = options;
  const within = (limit: number) => Math.min(max, Math.max(min, limit));
  return () => ({
    begin: (limit) => ({
      limit: within(limit),
      pausedUntilMs: Number.NEGATIVE_INFINITY,
      longMs: 0,
      samples: 0,
    }),
    decide(sample, state) {
      const { limit } = state;
      if (sample.refused > 0 || hasLost(sample)) return { ...state, limit: within(limit * LOSS) };
      if (sample.succeeded === 0) return state;
      const shortMs = sample.meanMs;
      const samples = state.samples + 1;
      const weight = samples <= WARM_UP_SAMPLES ? 1 / samples : 2 / (LONG_SAMPLES + 1);
      let longMs = state.longMs + weight * (shortMs - state.longMs);
      if (longMs > 2 * shortMs) longMs *= 0.95;
      const known = { ...state, longMs, samples };
      if (sample.use < 0.5) return known;
      const slope = Math.max(0.5, Math.min(1, (TOLERANCE * longMs) / shortMs));
      const wanted = slope * limit + QUEUE;
      return { ...known, limit: within((1 - SMOOTHING) * limit + SMOOTHING * wanted) };
    },
  });
}
