import { paddedRows, SCRATCH, type SimilarityJob, type WorkspaceLayout, workspaceLayout } from './job.js';
import { BLOCK, rowsInBlock } from './tile-plan.js';

/** The exports of the WebAssembly module; see ../assembly/similarity.ts. */
interface KernelExports {
  packLeft(panels: number, left: number, groups: number, d: number): void;
  multiply(
    left: number,
    right: number,
    scores: number,
    groups: number,
    panels: number,
    d: number,
    from: number,
    to: number,
  ): void;
  select(
    scores: number,
    bounds: number,
    list: number,
    rows: number,
    columns: number,
    triangle: boolean,
  ): number;
  clamp(scores: number, count: number): void;
}

/** Dimensions that are multiplied in one go, so that a left group and a right panel stay in the L1 cache. */
const DEPTH = 384;

/** The WebAssembly kernel over one lane of a workspace: scores of whole tiles, and the candidates among them. */
export class TileKernel {
  /** The scores of the last tile: row r, column c at `r * BLOCK + c`. */
  readonly scores: Float32Array<SharedArrayBuffer>;
  /** The normalised rows, in panels of eight. */
  readonly panels: Float32Array<SharedArrayBuffer>;
  private readonly kernel: KernelExports;
  private readonly layout: WorkspaceLayout;
  private readonly lane: number;
  private readonly bounds: Float32Array;
  private readonly list: Uint32Array;
  private readonly rows: number;
  private readonly columns: number;
  private leftBlock = -1;

  constructor({ matrix, module, memory, lanes }: SimilarityJob, lane: number) {
    this.rows = matrix.rows;
    this.columns = matrix.columns;
    this.layout = workspaceLayout(matrix.rows, matrix.columns, lanes);
    this.lane = this.layout.scratch + lane * this.layout.scratchBytes;
    const { buffer } = memory;
    this.scores = new Float32Array(buffer, this.lane + SCRATCH.scores, BLOCK * BLOCK);
    this.list = new Uint32Array(buffer, this.lane + SCRATCH.list, BLOCK * BLOCK);
    this.bounds = new Float32Array(buffer, this.lane + SCRATCH.bounds, BLOCK);
    this.panels = new Float32Array(buffer, this.layout.panels, paddedRows(matrix.rows) * matrix.columns);
    this.kernel = new WebAssembly.Instance(module, { env: { memory } }).exports as unknown as KernelExports;
  }

  /** Computes the scores of a tile: float32 cosines, within `selectionMargin(d)` of the canonical ones. */
  compute(blockRow: number, blockColumn: number): void {
    const d = this.columns;
    const left = this.lane + SCRATCH.left;
    const groups = paddedRows(rowsInBlock(this.rows, blockRow)) / 5;
    const panels = paddedRows(rowsInBlock(this.rows, blockColumn)) / 8;
    if (this.leftBlock !== blockRow) this.kernel.packLeft(this.address(blockRow), left, groups, d);
    this.leftBlock = blockRow;
    const scores = this.lane + SCRATCH.scores;
    let from = 0;
    do {
      const to = Math.min(from + DEPTH, d);
      this.kernel.multiply(left, this.address(blockColumn), scores, groups, panels, d, from, to);
      from = to;
    } while (from < d);
  }

  /** Sets the score that rows have to reach to be listed, one bound a row or one for all. */
  setBounds(bounds: number | ArrayLike<number>): void {
    if (typeof bounds === 'number') this.bounds.fill(bounds);
    else this.bounds.set(bounds);
  }

  /**
   * Lists the scores of the last tile that reach their row's bound, as `row << 16 | column`, in row-major order.
   * The list is overwritten by the next call.
   */
  select(blockRow: number, blockColumn: number, triangle: boolean): Uint32Array {
    const count = this.kernel.select(
      this.lane + SCRATCH.scores,
      this.lane + SCRATCH.bounds,
      this.lane + SCRATCH.list,
      rowsInBlock(this.rows, blockRow),
      rowsInBlock(this.rows, blockColumn),
      triangle,
    );
    return this.list.subarray(0, count);
  }

  /** Forces the scores of the last tile into [-1, 1]. */
  clamp(): void {
    this.kernel.clamp(this.lane + SCRATCH.scores, BLOCK * BLOCK);
  }

  private address(block: number): number {
    return this.layout.panels + block * BLOCK * this.columns * 4;
  }
}
