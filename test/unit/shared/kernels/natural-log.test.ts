import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { naturalLog } from '../../../../src/shared/kernels/natural-log.js';

describe('naturalLog', () => {
  it('is within its error bound of Math.log over the whole range of float64', () => {
    const positive = fc.double({ min: Number.MIN_VALUE, noNaN: true, noDefaultInfinity: true });
    fc.assert(
      fc.property(positive, (x) => {
        const expected = Math.log(x);
        expect(Math.abs(naturalLog(x) - expected)).toBeLessThanOrEqual(4e-16 + 4e-16 * Math.abs(expected));
      }),
      { numRuns: 2000 },
    );
  });

  it('is exact for powers of two', () => {
    for (const exponent of [-1022, -3, -1, 0, 1, 2, 10, 1023]) {
      expect(naturalLog(2 ** exponent)).toBe(exponent * Math.LN2);
    }
  });

  it('has these very bits', () => {
    expect([3, 7, 0.3, 51 / 26, 1e6].map(naturalLog)).toEqual([
      1.0986122886681096, 1.945910149055313, -1.203972804325936, 0.6737290947028437, 13.815510557964274,
    ]);
  });
});
