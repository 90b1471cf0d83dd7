import type { SimilarityJob } from './job.js';
import type { TileKernel } from './tile-kernel.js';
import { BLOCK, rowsInBlock, triangleTile } from './tile-plan.js';

/** Writes one tile of scores, and its mirror image, into the n × n result. The diagonal is 1, or 0 for zero rows. */
export function denseTiles(
  job: SimilarityJob & { phase: 'dense' },
  kernel: TileKernel,
): (tile: number) => null {
  const n = job.matrix.rows;
  const output = new Float32Array(job.output);
  const squares = new Float64Array(job.squares);
  return (tile) => {
    const { blockRow, blockColumn } = triangleTile(n, tile);
    const rows = rowsInBlock(n, blockRow);
    const columns = rowsInBlock(n, blockColumn);
    kernel.compute(blockRow, blockColumn);
    kernel.clamp();
    for (let row = 0; row < rows; row++) {
      const i = blockRow * BLOCK + row;
      const scores = kernel.scores.subarray(row * BLOCK, row * BLOCK + columns);
      output.set(scores, i * n + blockColumn * BLOCK);
    }
    for (let column = 0; column < columns; column++) {
      const mirrored = (blockColumn * BLOCK + column) * n + blockRow * BLOCK;
      for (let row = 0; row < rows; row++) output[mirrored + row] = kernel.scores[row * BLOCK + column]!;
    }
    if (blockRow === blockColumn) {
      for (let i = blockRow * BLOCK; i < blockRow * BLOCK + rows; i++)
        output[i * n + i] = squares[i] === 0 ? 0 : 1;
    }
    return null;
  };
}
