/** Nine significant digits tell all float32 values apart (IEEE 754-2019, 5.12.2). */
const ENOUGH_DIGITS = 9;

/**
 * The shortest decimal that reads back to the same float32: `0.1` for the float32 nearest to 0.1, which as a
 * float64 is 0.10000000149011612. Reading back means `Math.fround(Number(decimal))`.
 *
 * A decimal is the nearest to `value` with its number of digits. For all float32 but three that is the shortest;
 * ±2⁻⁹⁶, ±2⁸⁷ and ±2⁹⁰ get nine digits, though one of eight that is not the nearest would read back too.
 *
 * @param value A finite float32.
 */
export function float32Decimal(value: number): string {
  // Most similarities need 7 to 9 digits, and where 6 don't do, fewer don't either.
  const fewest = readsBack(value, 6) ? 1 : 7;
  let digits = fewest;
  while (digits < ENOUGH_DIGITS && !readsBack(value, digits)) digits++;
  return String(Number(value.toPrecision(digits)));
}

function readsBack(value: number, digits: number): boolean {
  return Math.fround(Number(value.toPrecision(digits))) === value;
}
