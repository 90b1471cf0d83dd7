import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { EdgeCollector } from '../../../../src/main/compute/edge-collector.js';
import { BLOCK, tileCount, tilePlace } from '../../../../src/shared/kernels/similarity/tile-plan.js';

describe('EdgeCollector', () => {
  it('sorts the edges of tiles that come in any order', () => {
    const rows = 3 * BLOCK + 7;
    const grid = { rows, columns: rows, symmetric: true };
    const index = fc.integer({ min: 0, max: rows - 1 });
    const pairs = fc.uniqueArray(fc.tuple(index, index), { selector: String, maxLength: 300 });
    const tiles = Array.from({ length: tileCount(grid) }, (_, tile) => tile);
    fc.assert(
      fc.property(pairs, fc.shuffledSubarray(tiles, { minLength: tiles.length }), (drawn, order) => {
        const expected = drawn.filter(([i, j]) => i < j).sort((a, b) => a[0] - b[0] || a[1] - b[1]);
        const collector = new EdgeCollector(grid);
        for (const tile of order) {
          const { blockRow, blockColumn } = tilePlace(grid, tile);
          const inTile = expected.filter(
            ([i, j]) => Math.floor(i / BLOCK) === blockRow && Math.floor(j / BLOCK) === blockColumn,
          );
          collector.add(tile, {
            source: Uint32Array.from(inTile, ([i]) => i),
            target: Uint32Array.from(inTile, ([, j]) => j),
            quality: Float32Array.from(inTile, ([i, j]) => i / (j + 1)),
            candidates: 0,
          });
        }
        const { length, source, target, similarity } = collector.edges();
        expect(length).toBe(expected.length);
        expect(Array.from(source, (i, e) => [i, target[e]])).toEqual(expected);
        expect([...similarity]).toEqual(expected.map(([i, j]) => Math.fround(i / (j + 1))));
      }),
      { numRuns: 50 },
    );
  });
});
