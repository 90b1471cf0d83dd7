import type { DenseWindow } from '../../shared/kernels/similarity/job.js';
import { BLOCK, rowsInBlock, type TileGrid, tilePlace } from '../../shared/kernels/similarity/tile-plan.js';
import { panelRows, type TileWindow } from './tile-windows.js';

/** Blocks of rows on a side of what is written at once: rows of 17 KiB, and 71 MiB in memory, twice. */
export const WINDOW_BLOCKS = 18;

/** The shared memory of one window of a matrix that is compared with itself, used again by the next. */
export class WindowBuffers {
  current!: DenseWindow;
  private readonly scores: SharedArrayBuffer;
  private readonly mirrored: SharedArrayBuffer;

  constructor(private readonly rows: number) {
    const side = Math.min(rows, WINDOW_BLOCKS * BLOCK);
    const bytes = side * side * Float32Array.BYTES_PER_ELEMENT;
    this.scores = new SharedArrayBuffer(bytes);
    this.mirrored = new SharedArrayBuffer(side < rows ? bytes : 0);
  }

  enter({ left, right }: TileWindow): DenseWindow {
    const isOnDiagonal = left.firstBlock === right.firstBlock;
    this.current = {
      firstRow: left.firstBlock * BLOCK,
      firstColumn: right.firstBlock * BLOCK,
      rows: panelRows(this.rows, left),
      columns: panelRows(this.rows, right),
      scores: this.scores,
      ...(!isOnDiagonal && { mirrored: this.mirrored }),
    };
    return this.current;
  }
}

/** Rows and columns of a tile. */
export function tileShape(grid: TileGrid, tile: number): { height: number; width: number } {
  const { blockRow, blockColumn } = tilePlace(grid, tile);
  return { height: rowsInBlock(grid.rows, blockRow), width: rowsInBlock(grid.columns, blockColumn) };
}

/** Whether bytes are as many as the scores of a tile take. */
export function isTileOfScores(grid: TileGrid, tile: number, payload: Uint8Array): boolean {
  const { height, width } = tileShape(grid, tile);
  return payload.length === height * width * Float32Array.BYTES_PER_ELEMENT;
}

/** A copy of the scores of one tile of a window, row by row. */
export function tileScores(
  grid: TileGrid,
  tile: number,
  { scores, firstRow, firstColumn, columns }: DenseWindow,
): Float32Array {
  const { blockRow, blockColumn } = tilePlace(grid, tile);
  const { height, width } = tileShape(grid, tile);
  const copy = new Float32Array(height * width);
  const window = new Float32Array(scores);
  for (let row = 0; row < height; row++) {
    const start = (blockRow * BLOCK + row - firstRow) * columns + blockColumn * BLOCK - firstColumn;
    copy.set(window.subarray(start, start + width), row * width);
  }
  return copy;
}
