import { closeSync, openSync, writeSync } from 'node:fs';
import type { DenseJob, StoreJob } from './job.js';
import { asQuality, MetricSpace, qualityOf } from './metric.js';
import { panelViews, TileKernel } from './tile-kernel.js';
import { BLOCK, rowsInBlock, tilePlace } from './tile-plan.js';

/** Below this share of |x|² + |y|² a squared distance has lost too many digits to cancellation: it is done again. */
const CANCELLATION = 2 ** -6;

/**
 * Writes one tile of scores into a window of the result, and its mirror image where the grid is symmetric. The
 * diagonal is exact: 1 for the cosine (0 for zero rows), the square for the dot product, 0 for the distance.
 */
export function denseTiles(job: DenseJob, lane: number): (tile: number) => null {
  const { left, right, grid, output } = job;
  const kernel = new TileKernel(job, lane);
  const tiles = new Int32Array(job.tiles);
  const scores = new Float32Array(output.scores);
  const isSquareWindow = output.mirrored === undefined;
  const mirrored = isSquareWindow ? scores : new Float32Array(output.mirrored);
  const finish = finisher(job, kernel);
  return (tile) => {
    const { blockRow, blockColumn } = tilePlace(grid, tiles[tile]!);
    const l = { panel: left, block: blockRow - left.firstRow / BLOCK };
    const r = { panel: right, block: blockColumn - right.firstRow / BLOCK };
    const rows = rowsInBlock(left.rowCount, l.block);
    const columns = rowsInBlock(right.rowCount, r.block);
    kernel.compute(l, r);
    finish(l.block, r.block, grid.symmetric && blockRow === blockColumn);
    const firstRow = blockRow * BLOCK - output.firstRow;
    const firstColumn = blockColumn * BLOCK - output.firstColumn;
    place(kernel.scores, rows, columns, scores, firstRow * output.columns + firstColumn, output.columns);
    if (!grid.symmetric) return null;
    kernel.transpose();
    place(kernel.transposed, columns, rows, mirrored, firstColumn * output.rows + firstRow, output.rows);
    return null;
  };
}

/** Copies a tile, row by row. */
function place(
  tile: Float32Array,
  rows: number,
  columns: number,
  to: Float32Array,
  start: number,
  stride: number,
): void {
  for (let row = 0; row < rows; row++) {
    to.set(tile.subarray(row * BLOCK, row * BLOCK + columns), start + row * stride);
  }
}

/** Makes the kernel's inner products the metric's values, in place. */
function finisher(job: DenseJob, kernel: TileKernel) {
  const { left, right, metric } = job;
  const space = new MetricSpace(metric, job.largestNorm);
  const [rows, columns] = [panelViews(job, left).squares, panelViews(job, right).squares];
  return (leftBlock: number, rightBlock: number, isDiagonal: boolean) => {
    const height = rowsInBlock(left.rowCount, leftBlock);
    const width = rowsInBlock(right.rowCount, rightBlock);
    const rowSquares = rows.subarray(leftBlock * BLOCK, leftBlock * BLOCK + height);
    const columnSquares = columns.subarray(rightBlock * BLOCK, rightBlock * BLOCK + width);
    if (metric === 'cosine') kernel.clamp();
    else {
      for (let row = 0; row < height; row++) {
        for (let column = 0; column < width; column++) {
          const at = row * BLOCK + column;
          const [x, y] = [rowSquares[row]!, columnSquares[column]!];
          const value = space.fromProduct(kernel.scores[at]!, x, y);
          const isLost = metric === 'euclidean' && value * value < (x + y) * CANCELLATION;
          kernel.scores[at] = isLost ? exact(row, column) : value;
        }
      }
    }
    if (!isDiagonal) return;
    for (let row = 0; row < height; row++) {
      const square = rowSquares[row]!;
      const product = metric === 'euclidean' ? 0 : square;
      kernel.scores[row * BLOCK + row] = asQuality(metric, qualityOf(metric, product, square, square));
    }

    function exact(row: number, column: number): number {
      const l = { panel: left, block: leftBlock };
      const r = { panel: right, block: rightBlock };
      const product = kernel.productOf(l, r, row, column);
      return asQuality(metric, qualityOf(metric, product, rowSquares[row]!, columnSquares[column]!));
    }
  };
}

/** Writes a block of rows of a window, and the rows that are its mirror image, to their places in the file. */
export function storeTiles({ output, file }: StoreJob): (block: number) => null {
  return (block) => {
    const to = openSync(file.path, 'r+');
    try {
      const { firstRow, firstColumn, rows, columns, scores, mirrored } = output;
      writeRows(scores, block, { firstRow, firstColumn, rows, columns });
      if (mirrored) {
        writeRows(mirrored, block, {
          firstRow: firstColumn,
          firstColumn: firstRow,
          rows: columns,
          columns: rows,
        });
      }
    } finally {
      closeSync(to);
    }
    return null;

    function writeRows(
      buffer: SharedArrayBuffer,
      block: number,
      { firstRow, firstColumn, rows, columns }: Omit<StoreJob['output'], 'scores' | 'mirrored'>,
    ): void {
      for (let row = block * BLOCK; row < Math.min(rows, (block + 1) * BLOCK); row++) {
        const bytes = new Uint8Array(buffer, row * columns * 4, columns * 4);
        const position = file.dataOffset + ((firstRow + row) * file.columns + firstColumn) * 4;
        for (let done = 0; done < bytes.length; ) {
          done += writeSync(to, bytes, done, bytes.length - done, position + done);
        }
      }
    }
  };
}
