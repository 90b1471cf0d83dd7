import { BLOCK, blockCount, type TileGrid, tileNumber } from '../../shared/kernels/similarity/tile-plan.js';

/** A range of blocks of rows that is in memory as a whole. */
export interface PanelRange {
  readonly firstBlock: number;
  readonly blocks: number;
}

/** A pair of panels and the grid's tiles between them. */
export interface TileWindow {
  readonly left: PanelRange;
  readonly right: PanelRange;
  readonly tiles: readonly number[];
}

/**
 * Cuts a grid into windows, each a panel from the left and one from the right, of `panelBlocks` blocks at most.
 * Inside a window the tiles on the diagonal come first, as they tell most about lists; then row by row, so that a
 * thread keeps its left block.
 */
export function* tileWindows(grid: TileGrid, panelBlocks: number): Iterable<TileWindow> {
  const columnPanels = panels(grid.columns, panelBlocks);
  for (const [place, left] of panels(grid.rows, panelBlocks).entries()) {
    for (const right of grid.symmetric ? columnPanels.slice(place) : columnPanels) {
      yield { left, right, tiles: windowTiles(grid, left, right) };
    }
  }
}

function panels(rows: number, panelBlocks: number): PanelRange[] {
  const blocks = blockCount(rows);
  return Array.from({ length: Math.ceil(blocks / panelBlocks) }, (_, panel) => ({
    firstBlock: panel * panelBlocks,
    blocks: Math.min(panelBlocks, blocks - panel * panelBlocks),
  }));
}

function windowTiles(grid: TileGrid, left: PanelRange, right: PanelRange): number[] {
  const onDiagonal: number[] = [];
  const others: number[] = [];
  for (let row = left.firstBlock; row < left.firstBlock + left.blocks; row++) {
    const first = grid.symmetric ? Math.max(row, right.firstBlock) : right.firstBlock;
    for (let column = first; column < right.firstBlock + right.blocks; column++) {
      const tile = tileNumber(grid, { blockRow: row, blockColumn: column });
      (grid.symmetric && row === column ? onDiagonal : others).push(tile);
    }
  }
  return [...onDiagonal, ...others];
}

/** How many rows of a set of `rows` a panel holds. */
export function panelRows(rows: number, { firstBlock, blocks }: PanelRange): number {
  return Math.min(rows - firstBlock * BLOCK, blocks * BLOCK);
}
