import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { countMergedTokens } from '../../../../src/shared/kernels/byte-pair-merge.js';

/** Merges the pair of the lowest rank, leftmost first, by looking at all of them each time. */
function naiveCount(bytes: string, vocabulary: ReadonlyMap<string, number>): number {
  const parts = [...bytes];
  for (;;) {
    let best = -1;
    let bestRank = Number.POSITIVE_INFINITY;
    for (let i = 0; i + 1 < parts.length; i++) {
      const rank = vocabulary.get(parts[i]! + parts[i + 1]!);
      if (rank !== undefined && rank < bestRank) {
        best = i;
        bestRank = rank;
      }
    }
    if (best === -1) return parts.length;
    parts.splice(best, 2, parts[best]! + parts[best + 1]!);
  }
}

const letters = fc.string({ unit: fc.constantFrom('a', 'b', 'c'), maxLength: 60 });
const vocabulary = fc
  .uniqueArray(fc.string({ unit: fc.constantFrom('a', 'b', 'c'), minLength: 2, maxLength: 6 }), {
    maxLength: 40,
  })
  .map((tokens) => new Map(tokens.map((token, rank) => [token, rank])));

describe('countMergedTokens', () => {
  it('merges as the definition says, for any vocabulary', () => {
    fc.assert(
      fc.property(letters, vocabulary, (bytes, ranks) => {
        expect(countMergedTokens(bytes, ranks)).toBe(naiveCount(bytes, ranks));
      }),
      { numRuns: 2000 },
    );
  });

  it('merges the leftmost of equal pairs', () => {
    const ranks = new Map([
      ['aa', 0],
      ['aab', 1],
    ]);
    expect(countMergedTokens('aaab', ranks)).toBe(3); // aa·a·b, not a·aab
  });

  it('counts every byte where nothing merges', () => {
    expect(countMergedTokens('abc', new Map())).toBe(3);
    expect(countMergedTokens('', new Map())).toBe(0);
  });
});
