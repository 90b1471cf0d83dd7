import { MillraceError } from '../../shared/errors.js';
import type {
  DenseJob,
  HistogramJob,
  PairsJob,
  Panel,
  SimilarityJob,
  SimilarityPart,
} from '../../shared/kernels/similarity/job.js';
import type { PackedFormat } from '../../shared/kernels/similarity/kernels.js';
import { type Metric, MetricSpace } from '../../shared/kernels/similarity/metric.js';
import { panelViews } from '../../shared/kernels/similarity/tile-kernel.js';
import { BLOCK, blockCount, type TileGrid } from '../../shared/kernels/similarity/tile-plan.js';
import type { ComputePool, PoolUse } from './compute-pool.js';
import { defaultPool } from './default-pool.js';
import type { RowSet } from './row-set.js';
import { type KernelNeeds, RunningKernel } from './running-kernel.js';
import type { SimilarityOptions } from './similarity-options.js';
import { tileProgress } from './tile-progress.js';
import { type PanelRange, panelRows, type TileWindow, tileWindows } from './tile-windows.js';
import type { Workspace } from './workspace.js';
import { planWorkspace, type WorkspacePlan } from './workspace-plan.js';

/** Part of the tiles of a grid, some of which may have been done before. */
export interface TileSubset {
  /** How many there are, with those done before. */
  readonly tiles: number;
  /** Which of a window's tiles are to be done. */
  left(tiles: readonly number[]): readonly number[];
}

/** What is computed for the tiles of a grid. */
export interface TileWork extends KernelNeeds {
  /** The phase, and what it needs besides panels and tiles. */
  phase(window: TileWindow): PairPhase;
  /** Receives each tile's part once, in any order; `tile` is its number in the grid. */
  collect(tile: number, part: SimilarityPart): void;
  /** Panels are no larger than this. Default: as memory allows. */
  maxPanelBlocks?: number;
  /** Only some of the grid's tiles are to be done. Default: all of them. */
  subset?: TileSubset;
  /** All tiles of a window have been collected. */
  windowDone?: (window: TileWindow) => Promise<void>;
}

type PairJob = PairsJob | DenseJob | HistogramJob;
type PairPhase =
  | Pick<PairsJob, 'phase' | 'selection'>
  | Pick<DenseJob, 'phase' | 'output'>
  | Pick<HistogramJob, 'phase' | 'bins'>;

/** A panel that is in the workspace. */
interface Resident {
  readonly set: RowSet;
  readonly range: PanelRange;
  readonly panel: Panel;
  packed: PackedFormat | undefined;
}

/**
 * Computes pairs of rows, tile by tile: brings panels of rows into a workspace, packs them for the micro-kernel
 * that suits the work, and lets the pool work off the tiles between them.
 */
export class SimilarityRun implements Disposable {
  private readonly grid: TileGrid;
  private readonly kernel: RunningKernel;
  private readonly pool: ComputePool;
  private readonly lanes: number;
  private readonly metric: Metric;
  private readonly plan: WorkspacePlan;
  private readonly workspace: Workspace;
  private readonly use: PoolUse;
  private readonly resident: [Resident | undefined, Resident | undefined] = [undefined, undefined];
  private largestNorm = 1;

  /** @param right - the second set of rows; without it each pair of rows of the first is looked at once */
  constructor(
    private readonly left: RowSet,
    private readonly right: RowSet | undefined,
    private readonly options: SimilarityOptions,
    private readonly work: TileWork,
  ) {
    if (right && right.columns !== left.columns && right.rows > 0 && left.rows > 0) {
      throw new MillraceError(
        'MILLRACE_INVALID_INPUT',
        `the second set has ${right.columns} columns, expected ${left.columns} as in the first`,
      );
    }
    this.pool = options.pool ?? defaultPool();
    this.lanes = this.pool.threads;
    this.metric = options.metric ?? 'cosine';
    this.grid = { rows: left.rows, columns: (right ?? left).rows, symmetric: right === undefined };
    this.kernel = new RunningKernel(work, options);
    this.plan = planWorkspace({
      grid: this.grid,
      columns: left.columns,
      lanes: this.lanes,
      kernels: this.kernel.all,
      maxPanelBlocks: work.maxPanelBlocks ?? Number.POSITIVE_INFINITY,
      memoryLimitBytes: options.memoryLimitBytes,
    });
    this.workspace = this.pool.leaseWorkspace(this.plan.layout.totalBytes);
    this.use = this.pool.begin('similarity');
  }

  /** Gives the workspace back, and the pool. */
  [Symbol.dispose](): void {
    this.workspace.release();
    this.use[Symbol.dispose]();
  }

  /** Does all tiles. */
  async run(): Promise<void> {
    const windows = this.windows();
    const tiles = windows.reduce((sum, window) => sum + window.tiles.length, 0);
    const total = this.work.subset?.tiles ?? tiles;
    const tileDone = tileProgress(this.options.progress, { tiles, total });
    if (tiles === 0) return;
    if (this.metric !== 'cosine') await this.findLargestNorm();
    this.kernel.choose(new MetricSpace(this.metric, this.largestNorm), this.left, this.right);
    for (const window of windows) {
      const left = await this.bring(0, this.left, window.left);
      const isOnePanel = this.grid.symmetric && window.left.firstBlock === window.right.firstBlock;
      const right = isOnePanel ? left : await this.bring(1, this.right ?? this.left, window.right);
      await this.runWindow(window, left, right, tileDone);
      await this.work.windowDone?.(window);
    }
  }

  private windows(): TileWindow[] {
    const all = [...tileWindows(this.grid, this.plan.panelBlocks)];
    const { subset } = this.work;
    if (subset === undefined) return all;
    return all
      .map((window) => ({ ...window, tiles: subset.left(window.tiles) }))
      .filter(({ tiles }) => tiles.length > 0);
  }

  /** Runs a phase over blocks or tiles in the pool; see {@link DivisibleOptions}. */
  async divide(
    job: SimilarityJob,
    tiles: number,
    onPart: (tile: number, part: SimilarityPart) => void = () => {},
    isEnough?: () => boolean,
  ): Promise<void> {
    const { priority = 0, signal } = this.options;
    const scheduling = { maxCopies: this.lanes, priority, ...(signal && { signal }) };
    await this.use.runDivisible('similarity', job, {
      tiles,
      onPart,
      ...(isEnough && { isEnough }),
      ...scheduling,
    });
  }

  /** Loads a panel, unless it is there already, and packs it in the same go if it is known for which kernel. */
  private async bring(slot: 0 | 1, set: RowSet, range: PanelRange, pack = true): Promise<Resident> {
    const there = this.resident[slot];
    if (there?.set === set && there.range.firstBlock === range.firstBlock) return there;
    this.resident[slot] = undefined;
    const panel = {
      ...this.plan.layout.panels[slot]!,
      firstRow: range.firstBlock * BLOCK,
      rowCount: panelRows(set.rows, range),
    };
    const { format } = this.kernel.current.kernel;
    await this.divide({ ...this.common(), phase: 'load', source: set.source, panel, pack }, range.blocks);
    const resident = { set, range, panel, packed: pack ? format : undefined };
    this.resident[slot] = resident;
    return resident;
  }

  private async pack(resident: Resident): Promise<void> {
    const { format } = this.kernel.current.kernel;
    if (resident.packed === format) return;
    await this.divide({ ...this.common(), phase: 'pack', panel: resident.panel }, resident.range.blocks);
    resident.packed = format;
  }

  /** A pass over all rows; panels that need no second load stay where they are. */
  private async findLargestNorm(): Promise<void> {
    let largest = 0;
    const sets = this.right === undefined ? [this.left] : [this.left, this.right];
    for (const [slot, set] of sets.entries()) {
      for (let firstBlock = 0; firstBlock < blockCount(set.rows); firstBlock += this.plan.panelBlocks) {
        const blocks = Math.min(this.plan.panelBlocks, blockCount(set.rows) - firstBlock);
        const { panel } = await this.bring(slot as 0 | 1, set, { firstBlock, blocks }, false);
        for (const square of panelViews(this.common(), panel).squares) largest = Math.max(largest, square);
      }
    }
    this.largestNorm = Math.sqrt(largest);
  }

  /**
   * Does the tiles of a window. While a filter is in use it is looked at from time to time: where more pairs come
   * through than make it pay, the rows are packed again as float32 for the tiles that are left, with the same answers.
   */
  private async runWindow(
    window: TileWindow,
    left: Resident,
    right: Resident,
    tileDone: () => void,
  ): Promise<void> {
    for (let tiles = window.tiles; tiles.length > 0; ) {
      await this.pack(left);
      await this.pack(right);
      const open = new Set(tiles);
      const isWorthlessBy = this.kernel.watch(this.left.columns);
      const job = {
        ...this.common(),
        ...this.work.phase(window),
        left: left.panel,
        right: right.panel,
        grid: this.grid,
        tiles: sharedNumbers(tiles),
      } as PairJob;
      let isWorthless = false;
      const onPart = (at: number, part: SimilarityPart) => {
        isWorthless ||= isWorthlessBy(part);
        this.work.collect(tiles[at]!, part);
        open.delete(tiles[at]!);
        tileDone();
      };
      await this.divide(job, tiles.length, onPart, () => isWorthless);
      tiles = tiles.filter((tile) => open.has(tile));
    }
  }

  private common() {
    const { module, kernel } = this.kernel.current;
    return {
      module,
      kernel,
      memory: this.workspace.memory,
      layout: { scratch: this.plan.layout.scratch, scratchBytes: this.plan.layout.scratchBytes },
      columns: this.left.columns,
      metric: this.metric,
      largestNorm: this.largestNorm,
    };
  }
}

function sharedNumbers(numbers: readonly number[]): SharedArrayBuffer {
  const buffer = new SharedArrayBuffer(numbers.length * Int32Array.BYTES_PER_ELEMENT);
  new Int32Array(buffer).set(numbers);
  return buffer;
}
