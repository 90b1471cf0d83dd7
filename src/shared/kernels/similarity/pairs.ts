import { BlockSide } from './block-side.js';
import type { PairPart, PairsJob } from './job.js';
import { MetricSpace, qualityOf } from './metric.js';
import { seedBounds } from './seed-bounds.js';
import { TileKernel } from './tile-kernel.js';
import { BLOCK, tilePlace } from './tile-plan.js';

/**
 * Finds the pairs of a tile that reach the floor and, where rows have lists, may get into one of them. The kernel
 * rules out all but a few; the canonical quality of those decides.
 */
export function pairTiles(job: PairsJob, lane: number): (tile: number) => PairPart {
  const { left, right, grid, metric, selection } = job;
  const { floor, bounds, listLength } = selection;
  const kernel = new TileKernel(job, lane);
  const { scores, rowBounds, columnBounds } = kernel;
  const space = new MetricSpace(metric, job.largestNorm);
  const tiles = new Int32Array(job.tiles);
  const rows = new BlockSide(job, left, space, bounds?.left);
  const columns = new BlockSide(job, right, space, bounds?.right);
  const [rowSide, columnSide] = [
    { side: rows, stride: BLOCK },
    { side: columns, stride: 1 },
  ];
  return (tile) => {
    const { blockRow, blockColumn } = tilePlace(grid, tiles[tile]!);
    const l = { panel: left, block: blockRow - left.firstRow / BLOCK };
    const r = { panel: right, block: blockColumn - right.firstRow / BLOCK };
    const isDiagonal = grid.symmetric && blockRow === blockColumn;
    rows.enter(l.block);
    columns.enter(r.block);
    kernel.compute(l, r);
    rows.writeBounds(rowBounds, floor);
    columns.writeBounds(columnBounds, floor);
    if (listLength !== undefined) {
      const seed = { listLength, isDiagonal };
      seedBounds(scores, rowSide, columnSide, seed, rowBounds);
      if (bounds?.right) seedBounds(scores, columnSide, rowSide, seed, columnBounds);
    }
    const count = bounds?.right ? kernel.selectBoth(l, r, isDiagonal) : kernel.select(l, r, isDiagonal);
    const hasLists = bounds !== undefined;
    const source = new Uint32Array(count);
    const target = new Uint32Array(count);
    const quality = new Float32Array(count);
    let kept = 0;
    kernel.forEachSelected(l, r, count, (row, column, product) => {
      const found = qualityOf(metric, product, rows.squares[row]!, columns.squares[column]!);
      if (found < floor || (hasLists && found < rows.bound(row) && found < columns.bound(column))) return;
      source[kept] = blockRow * BLOCK + row;
      target[kept] = blockColumn * BLOCK + column;
      quality[kept] = found;
      kept++;
    });
    return {
      source: source.slice(0, kept),
      target: target.slice(0, kept),
      quality: quality.slice(0, kept),
      candidates: count,
    };
  };
}
