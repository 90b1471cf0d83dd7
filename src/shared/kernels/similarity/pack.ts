import { dotProduct } from './cosine.js';
import { paddedRows, type SimilarityJob, workspaceLayout } from './job.js';
import { BLOCK, rowsInBlock } from './tile-plan.js';

/** Lanes of a right-hand panel. */
const PANEL = 8;

/**
 * Normalises the rows of one block and lays them out in panels of eight, [panel][k][lane]; writes each row's
 * dot product with itself into `squares`. Zero rows, and the padding behind the last row, become zeros.
 */
export function packBlock(job: SimilarityJob, block: number): void {
  const { rows, columns } = job.matrix;
  const data = new Float32Array(job.matrix.buffer, 0, rows * columns);
  const squares = new Float64Array(job.squares);
  const { panels: offset } = workspaceLayout(rows, columns, job.lanes);
  const panels = new Float32Array(job.memory.buffer, offset, paddedRows(rows) * columns);
  const first = block * BLOCK;
  const used = first + rowsInBlock(rows, block);
  for (let row = first; row < used; row++) {
    const square = dotProduct(data, columns, row, row);
    squares[row] = square;
    const scale = Math.sqrt(square);
    const divisor = scale === 0 ? 1 : scale;
    const from = row * columns;
    let to = panelStart(row, columns);
    for (let k = 0; k < columns; k++) {
      panels[to] = data[from + k]! / divisor;
      to += PANEL;
    }
  }
  const padded = first + paddedRows(used - first);
  for (let row = used; row < padded; row++) {
    const start = panelStart(row, columns);
    for (let k = 0; k < columns; k++) panels[start + k * PANEL] = 0;
  }
}

function panelStart(row: number, columns: number): number {
  return Math.floor(row / PANEL) * PANEL * columns + (row % PANEL);
}
