import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodePairs, encodePairs } from '../../../../src/main/compute/pair-records.js';
import {
  BLOCK,
  rowsInBlock,
  tileCount,
  tilePlace,
} from '../../../../src/shared/kernels/similarity/tile-plan.js';

describe('pairs of a tile', () => {
  it('come back as they were, in six bytes each, for one set and for two', () => {
    const grids = [
      { rows: 3 * BLOCK + 7, columns: 3 * BLOCK + 7, symmetric: true },
      { rows: BLOCK + 1, columns: 5 * BLOCK - 1, symmetric: false },
    ];
    const draws = fc.array(fc.tuple(fc.nat(BLOCK - 1), fc.nat(BLOCK - 1), fc.float({ noNaN: true })));
    fc.assert(
      fc.property(fc.constantFrom(...grids), fc.nat(), draws, (grid, pick, drawn) => {
        const tile = pick % tileCount(grid);
        const { blockRow, blockColumn } = tilePlace(grid, tile);
        const [height, width] = [rowsInBlock(grid.rows, blockRow), rowsInBlock(grid.columns, blockColumn)];
        const source = Uint32Array.from(drawn, ([row]) => blockRow * BLOCK + (row % height));
        const target = Uint32Array.from(drawn, ([, column]) => blockColumn * BLOCK + (column % width));
        const quality = Float32Array.from(drawn, ([, , value]) => value);
        const payload = encodePairs(grid, tile, { source, target, quality });
        expect(payload.length).toBe(6 * drawn.length);
        // As it is read: a view into something larger, at any byte.
        const view = Buffer.concat([Buffer.alloc(3), payload]).subarray(3);
        expect(decodePairs(grid, tile, view)).toEqual({ source, target, quality, candidates: 0 });
      }),
    );
  });

  it('are refused if they are cut', () => {
    const grid = { rows: 10, columns: 10, symmetric: true };
    expect(decodePairs(grid, 0, new Uint8Array(7))).toBeUndefined();
  });
});
