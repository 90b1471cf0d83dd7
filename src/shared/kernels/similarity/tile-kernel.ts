import type { Panel, SimilarityJob } from './job.js';
import { functionsOf, type KernelExports } from './kernels.js';
import { BLOCK, rowsInBlock } from './tile-plan.js';
import { PRODUCTS, paddedRows, SCRATCH } from './workspace-layout.js';

type KernelJob = Exclude<SimilarityJob, { phase: 'store' }>;

/** A block of rows of a panel. */
interface Block {
  readonly panel: Panel;
  /** Counted from the panel's first. */
  readonly block: number;
}

/** A micro-kernel over one lane of a workspace: scores of whole tiles, and the candidates among them. */
export class TileKernel {
  /** The scores of the last tile: row r, column c at `r * BLOCK + c`. */
  readonly scores: Float32Array<SharedArrayBuffer>;
  /** The same transposed, after {@link TileKernel.transpose}. */
  readonly transposed: Float32Array<SharedArrayBuffer>;
  /** The last tile's bounds, by row and by column. */
  readonly rowBounds: Float32Array<SharedArrayBuffer>;
  readonly columnBounds: Float32Array<SharedArrayBuffer>;
  /** What was selected last: `row << 16 | column`, flags above. */
  private readonly list: Uint32Array<SharedArrayBuffer>;
  private readonly products: Float64Array<SharedArrayBuffer>;
  private readonly tileBounds: Float32Array<SharedArrayBuffer>;
  private readonly lane: number;
  private readonly exports: KernelExports;
  private readonly format: ReturnType<typeof functionsOf>;
  private readonly steps: number;
  private readonly productsOf: 'dotProducts' | 'squaredDistances';
  private packedLeft = -1;

  constructor(
    private readonly job: KernelJob,
    lane: number,
  ) {
    const { module, memory, kernel, layout, columns, metric } = job;
    const { buffer } = memory as { buffer: SharedArrayBuffer };
    this.exports = new WebAssembly.Instance(module, { env: { memory } }).exports as unknown as KernelExports;
    this.format = functionsOf(this.exports, kernel.format);
    this.steps = this.format.steps(columns);
    this.productsOf = metric === 'euclidean' ? 'squaredDistances' : 'dotProducts';
    this.lane = layout.scratch + lane * layout.scratchBytes;
    this.scores = new Float32Array(buffer, this.lane + SCRATCH.scores, BLOCK * BLOCK);
    this.transposed = new Float32Array(buffer, this.lane + SCRATCH.list, BLOCK * BLOCK);
    this.list = new Uint32Array(buffer, this.lane + SCRATCH.list, BLOCK * BLOCK);
    this.rowBounds = new Float32Array(buffer, this.lane + SCRATCH.rowBounds, BLOCK);
    this.columnBounds = new Float32Array(buffer, this.lane + SCRATCH.columnBounds, BLOCK);
    this.tileBounds = new Float32Array(buffer, this.lane + SCRATCH.listBounds, BLOCK);
    this.products = new Float64Array(buffer, this.lane + SCRATCH.products, PRODUCTS);
  }

  /** Computes the canonical dot product of each row of a block with itself. */
  square({ panel, block }: Block): void {
    const first = block * BLOCK;
    const { columns } = this.job;
    const count = rowsInBlock(panel.rowCount, block);
    this.exports.squares(panel.rows + first * columns * 4, count, columns, panel.squares + first * 8);
  }

  /** Packs a block of rows, scaled by their inverses, and notes the rounding error of each if there is any. */
  packBlock({ panel, block }: Block): void {
    const first = block * BLOCK;
    const count = rowsInBlock(panel.rowCount, block);
    this.format.pack(
      panel.rows + first * this.job.columns * 4,
      count,
      paddedRows(count, this.job.kernel),
      this.job.columns,
      panel.inverses + first * 8,
      this.packedAddress({ panel, block }),
      panel.errors + first * 4,
    );
  }

  /** Computes the scores of a tile: inner products of packed rows, within the terms of both rows of the true one. */
  compute(left: Block, right: Block): void {
    const { kernel, columns } = this.job;
    const leftAt = this.lane + SCRATCH.left;
    const groups = paddedRows(rowsInBlock(left.panel.rowCount, left.block), kernel) / kernel.left;
    const panels = paddedRows(rowsInBlock(right.panel.rowCount, right.block), kernel) / kernel.right;
    if (this.packedLeft !== left.block)
      this.format.packLeft(this.packedAddress(left), leftAt, groups, columns);
    this.packedLeft = left.block;
    this.format.multiply(
      leftAt,
      this.packedAddress(right),
      this.lane + SCRATCH.scores,
      groups,
      panels,
      columns,
    );
  }

  /**
   * How many pairs of the last tile reach their row's bound: score + upper term of the column ≥ `rowBounds`.
   *
   * @param triangle - only columns behind the row's own number, for tiles on the diagonal
   */
  select(left: Block, right: Block, triangle: boolean): number {
    return this.exports.select(
      this.lane + SCRATCH.scores,
      this.lane + SCRATCH.rowBounds,
      right.panel.upperTerms + right.block * BLOCK * 4,
      this.lane + SCRATCH.list,
      rowsInBlock(left.panel.rowCount, left.block),
      rowsInBlock(right.panel.rowCount, right.block),
      triangle,
    );
  }

  /** The same for pairs that reach the bound of their row or that of their column. */
  selectBoth(left: Block, right: Block, triangle: boolean): number {
    return this.exports.selectBoth(
      this.lane + SCRATCH.scores,
      this.lane + SCRATCH.rowBounds,
      left.panel.upperTerms + left.block * BLOCK * 4,
      this.lane + SCRATCH.columnBounds,
      right.panel.upperTerms + right.block * BLOCK * 4,
      this.lane + SCRATCH.list,
      rowsInBlock(left.panel.rowCount, left.block),
      rowsInBlock(right.panel.rowCount, right.block),
      triangle,
    );
  }

  /**
   * Calls `take` with the canonical products of the `count` pairs that were selected last: so many at a time, from
   * the given place in the list on. A pair in the list is `row << 16 | column`, with flags above the row's eight bits.
   */
  score(
    left: Block,
    right: Block,
    count: number,
    take: (list: Uint32Array, products: Float64Array) => void,
  ): void {
    const { columns } = this.job;
    const leftRows = left.panel.rows + left.block * BLOCK * columns * 4;
    const rightRows = right.panel.rows + right.block * BLOCK * columns * 4;
    for (let from = 0; from < count; from += PRODUCTS) {
      const some = Math.min(PRODUCTS, count - from);
      const list = this.lane + SCRATCH.list + from * 4;
      this.exports[this.productsOf](leftRows, rightRows, list, some, columns, this.lane + SCRATCH.products);
      take(this.list.subarray(from, from + some), this.products);
    }
  }

  /**
   * For each row of the tile, or each column, a value that at least `length` of its scores + the other side's lower
   * terms reach; ends the selection. `groups` says how many candidates are looked at for it, from `length`.
   */
  listBounds(
    side: 'rows' | 'columns',
    left: Block,
    right: Block,
    { length, groups }: { length: number; groups: number },
  ): Float32Array {
    const [from, other] = side === 'rows' ? [left, right] : [right, left];
    if (side === 'rows') this.transpose();
    this.exports.listBounds(
      this.lane + (side === 'rows' ? SCRATCH.list : SCRATCH.scores),
      other.panel.lowerTerms + other.block * BLOCK * 4,
      rowsInBlock(other.panel.rowCount, other.block),
      rowsInBlock(from.panel.rowCount, from.block),
      length,
      groups,
      this.lane + SCRATCH.products,
      this.lane + SCRATCH.listBounds,
    );
    return this.tileBounds;
  }

  /** The canonical product of one pair of the tile. */
  productOf(left: Block, right: Block, row: number, column: number): number {
    this.list[0] = (row << 16) | column;
    this.score(left, right, 1, () => {});
    return this.products[0]!;
  }

  /** Writes the last tile's scores into `transposed`: row r, column c at `c * BLOCK + r`. Ends the selection. */
  transpose(): void {
    this.exports.transpose(this.lane + SCRATCH.scores, this.lane + SCRATCH.list);
  }

  /** Forces the scores of the last tile into [-1, 1]. */
  clamp(): void {
    this.exports.clamp(this.lane + SCRATCH.scores, BLOCK * BLOCK);
  }

  private packedAddress({ panel, block }: Block): number {
    return panel.packed + block * BLOCK * this.steps * 4;
  }
}

/** The float32 arrays of a panel's rows, in the workspace. */
export function panelViews({ memory, columns }: Pick<KernelJob, 'memory' | 'columns'>, panel: Panel) {
  const { buffer } = memory as { buffer: SharedArrayBuffer };
  return {
    rows: new Float32Array(buffer, panel.rows, panel.rowCount * columns),
    squares: new Float64Array(buffer, panel.squares, panel.rowCount),
    inverses: new Float64Array(buffer, panel.inverses, panel.rowCount),
    errors: new Float32Array(buffer, panel.errors, panel.rowCount),
    upperTerms: new Float32Array(buffer, panel.upperTerms, panel.rowCount),
    lowerTerms: new Float32Array(buffer, panel.lowerTerms, panel.rowCount),
  };
}
