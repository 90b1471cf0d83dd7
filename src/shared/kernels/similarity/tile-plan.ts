/** Rows and columns of a tile of scores: a multiple of the micro-kernels' block sides, and small enough for L2. */
export const BLOCK = 240;

/**
 * Which pairs are computed: every row of a set with every row of a second one, or, where the two are the same,
 * every pair once. Both are cut into blocks of rows; a tile is a pair of blocks, and has a number in the whole
 * grid, row by row, however the work is divided later.
 */
export interface TileGrid {
  readonly rows: number;
  readonly columns: number;
  /** Both sets are the same: only blocks on the diagonal and right of it are computed. */
  readonly symmetric: boolean;
}

/** A pair of blocks. */
export interface TilePlace {
  readonly blockRow: number;
  readonly blockColumn: number;
}

/** How many blocks a set of so many rows has. */
export function blockCount(rows: number): number {
  return Math.ceil(rows / BLOCK);
}

/** How many rows block number `block` holds. */
export function rowsInBlock(rows: number, block: number): number {
  return Math.min(BLOCK, rows - block * BLOCK);
}

/** How many tiles the grid has. */
export function tileCount({ rows, columns, symmetric }: TileGrid): number {
  return symmetric ? triangle(blockCount(rows)) : blockCount(rows) * blockCount(columns);
}

/** Where tile number `tile` is. */
export function tilePlace(grid: TileGrid, tile: number): TilePlace {
  const blocks = blockCount(grid.columns);
  if (!grid.symmetric) {
    const blockRow = Math.floor(tile / blocks);
    return { blockRow, blockColumn: tile - blockRow * blocks };
  }
  // Row r begins at r·b − r(r − 1)/2, solved for r; the rounding of the root is mended by a step either way.
  let blockRow = Math.floor((2 * blocks + 1 - Math.sqrt((2 * blocks + 1) ** 2 - 8 * tile)) / 2);
  while (rowStart(blocks, blockRow) > tile) blockRow--;
  while (rowStart(blocks, blockRow + 1) <= tile) blockRow++;
  return { blockRow, blockColumn: blockRow + tile - rowStart(blocks, blockRow) };
}

/** The number of the tile at a place. */
export function tileNumber(grid: TileGrid, { blockRow, blockColumn }: TilePlace): number {
  const blocks = blockCount(grid.columns);
  if (!grid.symmetric) return blockRow * blocks + blockColumn;
  return rowStart(blocks, blockRow) + blockColumn - blockRow;
}

/** The first tile of a row of the triangle. */
function rowStart(blocks: number, blockRow: number): number {
  return blockRow * blocks - triangle(blockRow - 1);
}

function triangle(side: number): number {
  return (side * (side + 1)) / 2;
}
