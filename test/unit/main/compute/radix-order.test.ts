import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { descendingKeys, orderByKey } from '../../../../src/main/compute/radix-order.js';

const key = fc.oneof(fc.integer({ min: 0, max: 4 }), fc.integer({ min: 0, max: 2 ** 32 - 1 }));

describe('orderByKey', () => {
  it('sorts as a stable comparison sort does', () => {
    fc.assert(
      fc.property(fc.uint32Array({ max: 2 ** 32 - 1 }), (keys) => {
        const expected = [...keys.keys()].sort((a, b) => keys[a]! - keys[b]! || a - b);
        expect([...orderByKey(keys)]).toEqual(expected);
      }),
    );
  });

  it('sorts by several keys, the least important first', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(key, key)), (pairs) => {
        const first = Uint32Array.from(pairs, ([a]) => a);
        const second = Uint32Array.from(pairs, ([, b]) => b);
        const expected = [...pairs.keys()].sort(
          (a, b) => first[a]! - first[b]! || second[a]! - second[b]! || a - b,
        );
        expect([...orderByKey(first, orderByKey(second))]).toEqual(expected);
      }),
    );
  });
});

describe('descendingKeys', () => {
  it('orders float32 values from the highest to the lowest, and takes −0 for 0', () => {
    const value = fc.oneof(fc.constantFrom(0, -0, 1, -1), fc.float({ noNaN: true }));
    fc.assert(
      fc.property(value, value, (a, b) => {
        const [keyOfA, keyOfB] = descendingKeys(Float32Array.of(a, b));
        expect(Math.sign(keyOfA! - keyOfB!)).toBe(Math.sign(b - a) || 0);
      }),
      { numRuns: 1000 },
    );
  });
});
