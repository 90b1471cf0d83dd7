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
  const unlisted = bounds ? Number.POSITIVE_INFINITY : Number.NEGATIVE_INFINITY;
  const rows = new BlockSide(job, left, space, bounds?.left, unlisted);
  const columns = new BlockSide(job, right, space, bounds?.right, unlisted);
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
    const pairs = columnsOf(count);
    const { source, target, quality } = pairs;
    const [rowSquares, columnSquares] = [rows.squares, columns.squares];
    const [rowNeeds, columnNeeds] = [rows.bounds, columns.bounds];
    let length = 0;
    kernel.score(l, r, count, (list, products) => {
      for (let at = 0; at < list.length; at++) {
        const entry = list[at]!;
        const row = (entry >>> 16) & 0xff;
        const column = entry & 0xffff;
        const found = qualityOf(metric, products[at]!, rowSquares[row]!, columnSquares[column]!);
        if (found < floor || (found < rowNeeds[row]! && found < columnNeeds[column]!)) continue;
        source[length] = blockRow * BLOCK + row;
        target[length] = blockColumn * BLOCK + column;
        quality[length] = found;
        length++;
      }
    });
    return { ...(length === count ? pairs : shortened(pairs, length)), candidates: count };
  };
}

type PairColumns = ReturnType<typeof columnsOf>;

/** Room for pairs as columns of one buffer, which crosses threads faster than three. */
function columnsOf(length: number) {
  const buffer = new ArrayBuffer(3 * 4 * length);
  return {
    source: new Uint32Array(buffer, 0, length),
    target: new Uint32Array(buffer, 4 * length, length),
    quality: new Float32Array(buffer, 8 * length, length),
  };
}

function shortened({ source, target, quality }: PairColumns, length: number): PairColumns {
  const short = columnsOf(length);
  short.source.set(source.subarray(0, length));
  short.target.set(target.subarray(0, length));
  short.quality.set(quality.subarray(0, length));
  return short;
}
