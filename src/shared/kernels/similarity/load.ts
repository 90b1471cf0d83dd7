import { readRows } from '../../row-source.js';
import { selectionMargin } from './cosine.js';
import type { LoadJob, PackJob } from './job.js';
import { MetricSpace } from './metric.js';
import { panelViews, type TileKernel } from './tile-kernel.js';
import { BLOCK, rowsInBlock } from './tile-plan.js';

/** Copies a block of rows into the workspace, with the dot product of each with itself, and may pack it. */
export function loadTiles(job: LoadJob, kernel: TileKernel): (block: number) => null {
  const { panel, columns, source } = job;
  const { rows } = panelViews(job, panel);
  const pack = job.pack ? packTiles(job, kernel) : () => null;
  return (block) => {
    const first = block * BLOCK;
    const end = first + rowsInBlock(panel.rowCount, block);
    readRows(source, panel.firstRow + first, rows.subarray(first * columns, end * columns));
    kernel.square({ panel, block });
    return pack(block);
  };
}

/**
 * Packs a block of rows for the micro-kernel and writes down what each row adds to the score of a pair, so that
 * score + both upper terms ≥ the pair's selection value ≥ score + both lower terms.
 *
 * A quantised row x̂ + δ with |δ| ≤ e makes a product that is off by e_x + e_y + e_x e_y at most, as |x̂| ≤ 1; and
 * e_x e_y ≤ (e_x² + e_y²) / 2 gives each row its own share.
 */
export function packTiles(job: PackJob | LoadJob, kernel: TileKernel): (block: number) => null {
  const { panel, columns, metric, largestNorm } = job;
  const space = new MetricSpace(metric, largestNorm);
  const { squares, inverses, errors, upperTerms, lowerTerms } = panelViews(job, panel);
  const roundings = selectionMargin(columns) / 2;
  const isExact = job.kernel.format === 'float32';
  return (block) => {
    const first = block * BLOCK;
    const end = first + rowsInBlock(panel.rowCount, block);
    for (let row = first; row < end; row++) inverses[row] = space.inverse(squares[row]!);
    kernel.packBlock({ panel, block });
    for (let row = first; row < end; row++) {
      const offset = space.offset(squares[row]!);
      const error = isExact ? 0 : errors[row]!;
      const share = error + (error * error) / 2 + roundings;
      upperTerms[row] = offset + share;
      lowerTerms[row] = offset - share;
    }
    return null;
  };
}
