/** Odd powers of z in the series: the next one is below 1e-18 of the sum. */
const TERMS = 12;

/**
 * The natural logarithm of a finite x > 0, to within 4e-16 + 2e-16·|ln x|.
 *
 * `Math.log` may differ in its last bit between builds of JavaScript engines; this uses only operations whose
 * every bit IEEE 754 defines, so it is the same number everywhere. With x = m · 2^e, m in [√½, √2], and
 * z = (m − 1) / (m + 1): ln x = e · ln 2 + 2 · (z + z³/3 + z⁵/5 + …).
 */
export function naturalLog(x: number): number {
  let mantissa = x;
  let exponent = 0;
  while (mantissa > Math.SQRT2) {
    mantissa /= 2;
    exponent++;
  }
  while (mantissa < Math.SQRT1_2) {
    mantissa *= 2;
    exponent--;
  }
  const z = (mantissa - 1) / (mantissa + 1);
  let series = 0;
  for (let power = 2 * TERMS - 1; power >= 1; power -= 2) series = series * z * z + 1 / power;
  return exponent * Math.LN2 + 2 * z * series;
}
