import { cosineSimilarity, selectionMargin } from './cosine.js';
import type { EdgePart, SimilarityJob } from './job.js';
import type { TileKernel } from './tile-kernel.js';
import { BLOCK, triangleTile } from './tile-plan.js';

/** Finds the pairs of one tile whose canonical score reaches the threshold; both are compared as float32. */
export function edgeTiles(
  job: SimilarityJob & { phase: 'edges' },
  kernel: TileKernel,
): (tile: number) => EdgePart {
  const { rows, columns, buffer } = job.matrix;
  const data = new Float32Array(buffer, 0, rows * columns);
  const squares = new Float64Array(job.squares);
  const threshold = Math.fround(job.threshold);
  kernel.setBounds(threshold - selectionMargin(columns));
  return (tile) => {
    const { blockRow, blockColumn } = triangleTile(rows, tile);
    kernel.compute(blockRow, blockColumn);
    const candidates = kernel.select(blockRow, blockColumn, blockRow === blockColumn);
    const source = new Uint32Array(candidates.length);
    const target = new Uint32Array(candidates.length);
    const similarity = new Float32Array(candidates.length);
    let kept = 0;
    for (const candidate of candidates) {
      const i = blockRow * BLOCK + (candidate >>> 16);
      const j = blockColumn * BLOCK + (candidate & 0xffff);
      const score = cosineSimilarity(data, columns, squares, i, j);
      if (score < threshold) continue;
      source[kept] = i;
      target[kept] = j;
      similarity[kept] = score;
      kept++;
    }
    return {
      source: source.slice(0, kept),
      target: target.slice(0, kept),
      similarity: similarity.slice(0, kept),
    };
  };
}
