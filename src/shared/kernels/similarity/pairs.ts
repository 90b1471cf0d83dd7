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
  const { rowBounds, columnBounds } = kernel;
  const space = new MetricSpace(metric, job.largestNorm);
  const tiles = new Int32Array(job.tiles);
  const rows = new BlockSide(job, left, space, bounds?.left);
  const columns = new BlockSide(job, right, space, bounds?.right);
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
      const [height, width] = [rows.squares.length, columns.squares.length];
      const sides = {
        rows: { side: rows, others: width, bounds: rowBounds },
        ...(bounds?.right && { columns: { side: columns, others: height, bounds: columnBounds } }),
      };
      seedBounds(kernel, { left: l, right: r, isDiagonal }, sides, listLength);
    }
    const count = bounds?.right ? kernel.selectBoth(l, r, isDiagonal) : kernel.select(l, r, isDiagonal);
    const pairs = new PairColumns(count);
    const [firstRow, firstColumn] = [blockRow * BLOCK, blockColumn * BLOCK];
    kernel.score(l, r, count, (list, products) => {
      for (let at = 0; at < list.length; at++) {
        const row = (list[at]! >>> 16) & 0xff;
        const column = list[at]! & 0xffff;
        const quality = qualityOf(metric, products[at]!, rows.squares[row]!, columns.squares[column]!);
        if (quality < floor) continue;
        if (bounds !== undefined && quality < rows.bound(row) && quality < columns.bound(column)) continue;
        pairs.add(firstRow + row, firstColumn + column, quality);
      }
    });
    return { ...pairs.result(), candidates: count };
  };
}

/** Pairs as columns of one buffer, which crosses threads faster than three. */
class PairColumns {
  private length = 0;
  private columns: ReturnType<typeof columnsOf>;

  constructor(capacity: number) {
    this.columns = columnsOf(capacity);
  }

  add(source: number, target: number, quality: number): void {
    this.columns.source[this.length] = source;
    this.columns.target[this.length] = target;
    this.columns.quality[this.length] = quality;
    this.length++;
  }

  result() {
    const { columns, length } = this;
    if (length === columns.source.length) return columns;
    const fitting = columnsOf(length);
    fitting.source.set(columns.source.subarray(0, length));
    fitting.target.set(columns.target.subarray(0, length));
    fitting.quality.set(columns.quality.subarray(0, length));
    return fitting;
  }
}

function columnsOf(length: number) {
  const buffer = new ArrayBuffer(3 * 4 * length);
  return {
    source: new Uint32Array(buffer, 0, length),
    target: new Uint32Array(buffer, 4 * length, length),
    quality: new Float32Array(buffer, 8 * length, length),
  };
}
