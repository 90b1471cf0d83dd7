import { describe, expect, it } from 'vitest';
import {
  BLOCK,
  blockCount,
  rowsInBlock,
  tileCount,
  tileNumber,
  tilePlace,
} from '../../../../../src/shared/kernels/similarity/tile-plan.js';

describe('the tile grid', () => {
  it.each([0, 1, BLOCK, BLOCK + 1, 5 * BLOCK, 7 * BLOCK - 1, 300 * BLOCK])(
    'covers the upper triangle of %i rows once, row by row',
    (rows) => {
      const grid = { rows, columns: rows, symmetric: true };
      let tile = 0;
      for (let blockRow = 0; blockRow < blockCount(rows); blockRow++) {
        for (let blockColumn = blockRow; blockColumn < blockCount(rows); blockColumn++) {
          const place = { blockRow, blockColumn };
          if (tileNumber(grid, place) !== tile) expect(tileNumber(grid, place)).toBe(tile);
          const found = tilePlace(grid, tile);
          if (found.blockRow !== blockRow || found.blockColumn !== blockColumn) expect(found).toEqual(place);
          tile++;
        }
      }
      expect(tileCount(grid)).toBe(tile);
    },
  );

  it('covers a rectangle once, row by row', () => {
    const grid = { rows: 2 * BLOCK + 1, columns: 4 * BLOCK, symmetric: false };
    const places = Array.from({ length: tileCount(grid) }, (_, tile) => tilePlace(grid, tile));
    expect(places).toHaveLength(12);
    expect(places.map((place) => tileNumber(grid, place))).toEqual(places.map((_place, tile) => tile));
    expect(places[5]).toEqual({ blockRow: 1, blockColumn: 1 });
  });

  it('gives every row to one block', () => {
    const rows = 3 * BLOCK + 17;
    const held = Array.from({ length: blockCount(rows) }, (_, block) => rowsInBlock(rows, block));
    expect(held).toEqual([BLOCK, BLOCK, BLOCK, 17]);
  });
});
