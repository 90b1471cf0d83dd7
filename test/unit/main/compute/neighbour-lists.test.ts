import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { NeighbourLists } from '../../../../src/main/compute/neighbour-lists.js';

const ROWS = 4;
/** Distinct pairs in any order; equal qualities are frequent. */
const offers = fc.uniqueArray(fc.tuple(fc.nat(ROWS - 1), fc.nat(30), fc.constantFrom(-1, 0, 0.25, 0.5, 1)), {
  selector: ([row, other]) => `${row} ${other}`,
  maxLength: 80,
});

describe('NeighbourLists', () => {
  it('keeps the best of each row, ties by the lower row, and knows what a pair needs to get in', () => {
    fc.assert(
      fc.property(offers, fc.integer({ min: 1, max: 9 }), (pairs, length) => {
        const lists = new NeighbourLists(ROWS, length, -2);
        lists.offer({
          source: Uint32Array.from(pairs, ([row]) => row),
          target: Uint32Array.from(pairs, ([, other]) => other),
          quality: Float32Array.from(pairs, ([, , quality]) => quality),
        });
        const bounds = new Float32Array(lists.bounds);
        const { others, qualities, sizes } = lists.sorted();
        for (let row = 0; row < ROWS; row++) {
          const listed = Array.from({ length: sizes[row]! }, (_, place) => ({
            other: others[row * length + place],
            quality: qualities[row * length + place],
          }));
          const sorted = pairs
            .filter(([source]) => source === row)
            .map(([, other, quality]) => ({ other, quality }))
            .sort((a, b) => b.quality - a.quality || a.other - b.other);
          const best = sorted.slice(0, length);
          expect(listed).toEqual(best);
          expect(bounds[row]).toBe(sorted.length < length ? -2 : best.at(-1)!.quality);
          for (const pair of sorted)
            expect(lists.holds(row, pair.other, pair.quality)).toBe(best.includes(pair));
        }
      }),
      { numRuns: 500 },
    );
  });
});
