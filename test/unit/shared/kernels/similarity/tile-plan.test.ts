import { describe, expect, it } from 'vitest';
import {
  BLOCK,
  blockCount,
  rowsInBlock,
  triangleTile,
  triangleTiles,
} from '../../../../../src/shared/kernels/similarity/tile-plan.js';

describe('the tile plan', () => {
  it.each([0, 1, BLOCK, BLOCK + 1, 5 * BLOCK, 7 * BLOCK - 1])(
    'covers the upper triangle of %i rows once',
    (rows) => {
      const seen = new Set<string>();
      for (let tile = 0; tile < triangleTiles(rows); tile++) {
        const { blockRow, blockColumn } = triangleTile(rows, tile);
        expect(blockColumn).toBeGreaterThanOrEqual(blockRow);
        expect(blockColumn).toBeLessThan(blockCount(rows));
        seen.add(`${blockRow} ${blockColumn}`);
      }
      expect(seen.size).toBe((blockCount(rows) * (blockCount(rows) + 1)) / 2);
    },
  );

  it('gives every row to one block', () => {
    const rows = 3 * BLOCK + 17;
    const held = Array.from({ length: blockCount(rows) }, (_, block) => rowsInBlock(rows, block));
    expect(held).toEqual([BLOCK, BLOCK, BLOCK, 17]);
  });
});
