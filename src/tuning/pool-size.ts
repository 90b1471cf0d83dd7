/** How a pool of connections was used in some time. */
export interface PoolSample {
  /** For how long it was watched. */
  readonly elapsedMs: number;
  /** How many times a connection was taken and given back. */
  readonly uses: number;
  /** How long a connection was held, on average. */
  readonly meanHeldMs: number;
}

/**
 * How many connections a pool needs: by Little's law the rate of uses × the time that each holds a connection are in use on
 * average (Little, "A Proof for the Queuing Formula L = λW", 1961), and these are to be no more than a share of it.
 *
 * @param share - from 0 to 1. Default: 0.8
 * @returns at least 1; NaN if there were no uses
 *
 * @example
 * suggestPoolSize({ elapsedMs: 1000, uses: 2000, meanHeldMs: 6 }); // 15: 12 are in use, which is 80 %
 */
export function suggestPoolSize({ elapsedMs, uses, meanHeldMs }: PoolSample, share = 0.8): number {
  if (uses === 0) return Number.NaN;
  return Math.max(1, Math.ceil(((uses / elapsedMs) * meanHeldMs) / share));
}
