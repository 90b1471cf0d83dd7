import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { panelRows, tileWindows } from '../../../../src/main/compute/tile-windows.js';
import { BLOCK, tileCount, tilePlace } from '../../../../src/shared/kernels/similarity/tile-plan.js';

const size = fc.integer({ min: 0, max: 9 * BLOCK + 5 });

describe('tile windows', () => {
  it('have every tile of the grid once, each between panels that hold its blocks', () => {
    fc.assert(
      fc.property(
        size,
        size,
        fc.boolean(),
        fc.integer({ min: 1, max: 12 }),
        (rows, other, symmetric, blocks) => {
          const grid = { rows, columns: symmetric ? rows : other, symmetric };
          const seen: number[] = [];
          for (const { left, right, tiles } of tileWindows(grid, blocks)) {
            expect(left.blocks).toBeLessThanOrEqual(blocks);
            for (const tile of tiles) {
              const { blockRow, blockColumn } = tilePlace(grid, tile);
              expect(blockRow - left.firstBlock).toBeGreaterThanOrEqual(0);
              expect(blockRow - left.firstBlock).toBeLessThan(left.blocks);
              expect(blockColumn - right.firstBlock).toBeGreaterThanOrEqual(0);
              expect(blockColumn - right.firstBlock).toBeLessThan(right.blocks);
            }
            seen.push(...tiles);
          }
          const all = Array.from({ length: tileCount(grid) }, (_, tile) => tile);
          expect(seen.sort((a, b) => a - b)).toEqual(all);
        },
      ),
    );
  });

  it('go through the diagonal first', () => {
    const grid = { rows: 3 * BLOCK, columns: 3 * BLOCK, symmetric: true };
    const [window] = [...tileWindows(grid, 3)];
    expect(window!.tiles).toEqual([0, 3, 5, 1, 2, 4]);
  });

  it('know how many rows are in a panel', () => {
    expect(panelRows(3 * BLOCK + 7, { firstBlock: 2, blocks: 2 })).toBe(BLOCK + 7);
  });
});
