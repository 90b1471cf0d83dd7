/**
 * Compares strings by code points, for sorting: the order of their UTF-8 bytes. JavaScript's `<` compares UTF-16
 * units, which puts U+10000 and above before U+E000.
 *
 * @example
 * sources.sort(compareCodePoints);
 */
export function compareCodePoints(a: string, b: string): number {
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i++) {
    const difference = rank(a.charCodeAt(i)) - rank(b.charCodeAt(i));
    if (difference !== 0) return difference;
  }
  return a.length - b.length;
}

/** Surrogates belong above all other units. */
function rank(unit: number): number {
  return unit >= 0xd800 && unit < 0xe000 ? unit + 0x10000 : unit;
}
