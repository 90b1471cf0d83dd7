import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { shardTiles } from '../../../../src/main/compute/shard-plan.js';

describe('shards', () => {
  it('are ranges that follow each other, cover all tiles, and differ by one tile at most', () => {
    fc.assert(
      fc.property(fc.nat(1e9), fc.integer({ min: 1, max: 500 }), (tiles, count) => {
        const shards = Array.from({ length: count }, (_, at) => shardTiles(tiles, { index: at + 1, count }));
        const sizes = shards.map(({ first, end }) => end - first);
        expect(shards[0]!.first).toBe(0);
        expect(shards.at(-1)!.end).toBe(tiles);
        for (const [at, { first }] of shards.entries()) if (at > 0) expect(first).toBe(shards[at - 1]!.end);
        expect(Math.max(...sizes) - Math.min(...sizes)).toBeLessThanOrEqual(1);
      }),
    );
  });
});
