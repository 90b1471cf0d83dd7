import { cosineSimilarity, selectionMargin } from './cosine.js';
import type { SimilarityJob } from './job.js';
import type { TileKernel } from './tile-kernel.js';
import { BLOCK, rowsInBlock, triangleTile } from './tile-plan.js';

/** The bin of a score in [-1, 1] among `bins` of equal width; each holds its lower edge, the last one also 1. */
export function binOf(score: number, bins: number): number {
  return Math.max(0, Math.min(bins - 1, Math.floor(((score + 1) * bins) / 2)));
}

/**
 * Counts the pairs of one tile by similarity. A fast score so close to the edge of a bin that it might belong to
 * the next is computed again by the canonical routine, so that the counts do not depend on the kernel.
 */
export function histogramTiles(
  job: SimilarityJob & { phase: 'histogram' },
  kernel: TileKernel,
): (tile: number) => Float64Array<ArrayBuffer> {
  const { rows: n, columns: d, buffer } = job.matrix;
  const { bins } = job;
  const data = new Float32Array(buffer, 0, n * d);
  const squares = new Float64Array(job.squares);
  const margin = selectionMargin(d);
  return (tile) => {
    const { blockRow, blockColumn } = triangleTile(n, tile);
    kernel.compute(blockRow, blockColumn);
    const counts = new Float64Array(bins);
    const columns = rowsInBlock(n, blockColumn);
    for (let row = 0; row < rowsInBlock(n, blockRow); row++) {
      for (let column = blockRow === blockColumn ? row + 1 : 0; column < columns; column++) {
        const fast = kernel.scores[row * BLOCK + column]!;
        let bin = binOf(fast - margin, bins);
        if (bin !== binOf(fast + margin, bins)) {
          const i = blockRow * BLOCK + row;
          bin = binOf(cosineSimilarity(data, d, squares, i, blockColumn * BLOCK + column), bins);
        }
        counts[bin]!++;
      }
    }
    return counts;
  };
}
