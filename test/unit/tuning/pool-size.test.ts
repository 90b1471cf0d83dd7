import { expect, it } from 'vitest';
import { suggestPoolSize } from '../../../src/tuning/pool-size.js';

it('suggests as many connections as are in use by Little’s law, and some room', () => {
  expect(suggestPoolSize({ elapsedMs: 1000, uses: 2000, meanHeldMs: 6 })).toBe(15);
  expect(suggestPoolSize({ elapsedMs: 1000, uses: 2000, meanHeldMs: 6 }, 1)).toBe(12);
  expect(suggestPoolSize({ elapsedMs: 60_000, uses: 1, meanHeldMs: 1 })).toBe(1);
  expect(suggestPoolSize({ elapsedMs: 60_000, uses: 0, meanHeldMs: Number.NaN })).toBeNaN();
});
