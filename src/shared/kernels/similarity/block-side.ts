import type { PairsJob, Panel } from './job.js';
import type { MetricSpace } from './metric.js';
import { panelViews } from './tile-kernel.js';
import { BLOCK, rowsInBlock } from './tile-plan.js';

/** The rows on one side of a tile: what they add to scores, and what a pair needs to get into their lists. */
export class BlockSide {
  /** The dot products of the present block's rows with themselves. */
  squares: Float64Array = new Float64Array();
  private lowerTerms: Float32Array = new Float32Array();
  private upperTerms: Float32Array = new Float32Array();
  /** The quality that a pair needs to get into the list of each row. */
  bounds: Float32Array = new Float32Array();
  private readonly views: ReturnType<typeof panelViews>;

  constructor(
    job: PairsJob,
    private readonly panel: Panel,
    private readonly space: MetricSpace,
    private readonly lists: SharedArrayBuffer | undefined,
    /** The bound where rows of this side have no lists. */
    private readonly otherwise: number,
  ) {
    this.views = panelViews(job, panel);
  }

  /** Turns to a block of the panel. */
  enter(block: number): void {
    const first = block * BLOCK;
    const end = first + rowsInBlock(this.panel.rowCount, block);
    this.squares = this.views.squares.subarray(first, end);
    this.upperTerms = this.views.upperTerms.subarray(first, end);
    this.lowerTerms = this.views.lowerTerms.subarray(first, end);
    // A copy: the main thread raises the bounds while the tile is worked on.
    const { firstRow } = this.panel;
    this.bounds = this.lists
      ? new Float32Array(this.lists).slice(firstRow + first, firstRow + end)
      : new Float32Array(end - first).fill(this.otherwise);
  }

  /** Whether there are rows of whose lists nothing is known yet. */
  hasOpen(): boolean {
    return this.bounds.includes(Number.NEGATIVE_INFINITY);
  }

  /** Writes what score + upper term of the other row has to reach, for each row of the block. */
  writeBounds(to: Float32Array, floor: number): void {
    for (let row = 0; row < this.squares.length; row++) {
      const quality = Math.max(floor, this.bounds[row]!);
      this.writeBound(to, row, this.space.toSelection(quality));
    }
  }

  /** The same for the rows of whose lists nothing is known yet: their own lower terms are still to be added. */
  writeOpenBounds(to: Float32Array, reached: Float32Array): void {
    for (let row = 0; row < this.squares.length; row++) {
      const isOpen = this.bounds[row] === Number.NEGATIVE_INFINITY;
      if (isOpen && reached[row]! > Number.NEGATIVE_INFINITY) {
        this.writeBound(to, row, reached[row]! + this.lowerTerms[row]!);
      }
    }
  }

  private writeBound(to: Float32Array, row: number, selection: number): void {
    to[row] = selection - this.upperTerms[row]! - this.space.slack;
  }
}
