/**
 * Numbers uniform in [0, 1), from 32 bits of state: mulberry32 (Ettinger, 2017, public domain). The same on every
 * machine.
 */
export function mulberry32(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** A seed of 32 bits for something that has a name: FNV-1a over its UTF-16 units, after the seed of all. */
export function seedOf(seed: number, name: string): number {
  let hash = 0x811c9dc5 ^ seed;
  for (let i = 0; i < name.length; i++) hash = Math.imul(hash ^ name.charCodeAt(i), 0x01000193);
  return hash | 0;
}

/** How something that is never negative and has a long tail is spread: exp(ln median + sigma × a normal number). */
export interface LogNormal {
  /** Half are below. */
  readonly median: number;
  /** The standard deviation of the logarithm: 0 is always the median, 0.5 has 16 % above 1.65 × median. */
  readonly sigma: number;
}

/** Draws from a log-normal distribution, by Box and Muller's transform of two uniform numbers. */
export function drawLogNormal({ median, sigma }: LogNormal, random: () => number): number {
  const radius = Math.sqrt(-2 * Math.log(1 - random()));
  return median * Math.exp(sigma * radius * Math.cos(2 * Math.PI * random()));
}
