import type { HistogramJob } from './job.js';
import { qualityOf } from './metric.js';
import { panelViews, TileKernel } from './tile-kernel.js';
import { BLOCK, rowsInBlock, tilePlace } from './tile-plan.js';

/** The bin of a score in [-1, 1] among `bins` of equal width; each holds its lower edge, the last one also 1. */
export function binOf(score: number, bins: number): number {
  return Math.max(0, Math.min(bins - 1, Math.floor(((score + 1) * bins) / 2)));
}

/**
 * Counts the pairs of one tile by cosine. A fast score so close to the edge of a bin that it might belong to the
 * next is computed again by the canonical routine, so that the counts do not depend on the kernel.
 */
export function histogramTiles(job: HistogramJob, lane: number): (tile: number) => Float64Array<ArrayBuffer> {
  const { left, right, grid, bins } = job;
  const kernel = new TileKernel(job, lane);
  const tiles = new Int32Array(job.tiles);
  const [rows, columns] = [panelViews(job, left), panelViews(job, right)];
  return (tile) => {
    const { blockRow, blockColumn } = tilePlace(grid, tiles[tile]!);
    const l = { panel: left, block: blockRow - left.firstRow / BLOCK };
    const r = { panel: right, block: blockColumn - right.firstRow / BLOCK };
    const counts = new Float64Array(bins);
    kernel.compute(l, r);
    const width = rowsInBlock(right.rowCount, r.block);
    for (let row = 0; row < rowsInBlock(left.rowCount, l.block); row++) {
      const i = l.block * BLOCK + row;
      for (let column = blockRow === blockColumn ? row + 1 : 0; column < width; column++) {
        const j = r.block * BLOCK + column;
        const fast = kernel.scores[row * BLOCK + column]!;
        let bin = binOf(fast + rows.lowerTerms[i]! + columns.lowerTerms[j]!, bins);
        if (bin !== binOf(fast + rows.upperTerms[i]! + columns.upperTerms[j]!, bins)) {
          const product = kernel.productOf(l, r, row, column);
          bin = binOf(qualityOf('cosine', product, rows.squares[i]!, columns.squares[j]!), bins);
        }
        counts[bin]!++;
      }
    }
    return counts;
  };
}
