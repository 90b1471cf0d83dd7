import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { float32Decimal } from '../../../../src/main/graph/float32-decimal.js';

/** How many digits a decimal has that are not zeros at either end. */
function significantDigits(decimal: string): number {
  return decimal.replace(/e.*|[-.]/g, '').replace(/^0+|0+$/g, '').length;
}

/** The fewest digits with which some decimal lies between the float32 before `value` and the one after it. */
function fewestDigits(value: number): number {
  for (let digits = 1; ; digits++) {
    const [mantissa, exponent] = value.toExponential(digits - 1).split('e');
    const nearest = BigInt(mantissa!.replace('.', ''));
    for (const integer of [nearest - 1n, nearest, nearest + 1n]) {
      if (Math.fround(Number(`${integer}e${Number(exponent) - digits + 1}`)) === value) return digits;
    }
  }
}

const float32 = fc.float({ noNaN: true, noDefaultInfinity: true });

describe('float32Decimal', () => {
  it('reads back to the same float32, and no decimal with fewer digits does', () => {
    fc.assert(
      fc.property(fc.oneof(float32, fc.float({ min: -1, max: 1, noNaN: true })), (value) => {
        const decimal = float32Decimal(value);
        expect(Math.fround(Number(decimal))).toBe(value + 0);
        if (value !== 0) expect(significantDigits(decimal)).toBe(fewestDigits(value));
      }),
      { numRuns: 3000 },
    );
  });

  it('does so for all powers of two but the three that its comment names', () => {
    const exceptions: number[] = [];
    for (let exponent = -149; exponent <= 127; exponent++) {
      const value = 2 ** exponent;
      const decimal = float32Decimal(value);
      expect(Math.fround(Number(decimal))).toBe(value);
      if (significantDigits(decimal) !== fewestDigits(value)) exceptions.push(exponent);
    }
    expect(exceptions).toEqual([-96, 87, 90]);
  });

  it('is what people expect', () => {
    const decimals = [0, 1, -1, 0.1, 0.7, 1 / 3, 0.99999994, 1e-7].map((value) =>
      float32Decimal(Math.fround(value)),
    );
    expect(decimals).toEqual(['0', '1', '-1', '0.1', '0.7', '0.33333334', '0.99999994', '1e-7']);
  });
});
