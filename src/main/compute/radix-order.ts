const DIGIT_BITS = 16;
const DIGITS = 2 ** DIGIT_BITS;

/**
 * The order that sorts items by their keys, ascending: `order[0]` is the item with the lowest key. Items with
 * equal keys stay as they were in `before`, by default in their own order; so sorting by several keys is sorting
 * by each, the least important first. A radix sort (Knuth, TAOCP 3, 5.2.5): two passes over n items.
 */
export function orderByKey(keys: Uint32Array, before?: Uint32Array): Uint32Array<ArrayBuffer> {
  const first = before ?? Uint32Array.from(keys, (_key, i) => i);
  return orderByDigit(keys, DIGIT_BITS, orderByDigit(keys, 0, first));
}

function orderByDigit(keys: Uint32Array, shift: number, before: Uint32Array): Uint32Array<ArrayBuffer> {
  const next = new Uint32Array(DIGITS + 1);
  for (const key of keys) next[((key >>> shift) % DIGITS) + 1]!++;
  for (let digit = 0; digit < DIGITS; digit++) next[digit + 1]! += next[digit]!;
  const order = new Uint32Array(before.length);
  for (const item of before) order[next[(keys[item]! >>> shift) % DIGITS]!++] = item;
  return order;
}

/** Keys that sort float32 values from the highest to the lowest. −0 and 0 have the same key. NaN is not expected. */
export function descendingKeys(values: Float32Array): Uint32Array<ArrayBuffer> {
  const bits = new Uint32Array(Float32Array.from(values, (value) => value + 0).buffer);
  // Positive floats sort as their bits do, negative ones the other way round, below all positive ones.
  return bits.map((word) => (word >>> 31 === 0 ? ~(word | 0x80000000) : word));
}
