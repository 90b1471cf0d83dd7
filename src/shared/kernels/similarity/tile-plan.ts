/** Rows and columns of a tile of scores: a multiple of the micro-kernel's block sides, and small enough for L2. */
export const BLOCK = 240;

/** How many blocks of rows an n-row matrix has. */
export function blockCount(rows: number): number {
  return Math.ceil(rows / BLOCK);
}

/** How many tiles the upper triangle of blocks has, diagonal included. */
export function triangleTiles(rows: number): number {
  const blocks = blockCount(rows);
  return (blocks * (blocks + 1)) / 2;
}

/** Block row and block column of a tile of the upper triangle, counted row by row. */
export function triangleTile(rows: number, tile: number): { blockRow: number; blockColumn: number } {
  const blocks = blockCount(rows);
  let blockRow = 0;
  let before = 0;
  while (tile >= before + blocks - blockRow) {
    before += blocks - blockRow;
    blockRow++;
  }
  return { blockRow, blockColumn: blockRow + tile - before };
}

/** How many rows of the matrix block number `block` holds. */
export function rowsInBlock(rows: number, block: number): number {
  return Math.min(BLOCK, rows - block * BLOCK);
}
