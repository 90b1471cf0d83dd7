import { crc32 } from 'node:zlib';
import { dotProduct, selectionMargin } from '../../shared/kernels/similarity/cosine.js';
import type { PackJob } from '../../shared/kernels/similarity/job.js';
import type { Kernel } from '../../shared/kernels/similarity/kernels.js';
import { packTiles } from '../../shared/kernels/similarity/load.js';
import { panelViews, TileKernel } from '../../shared/kernels/similarity/tile-kernel.js';
import { BLOCK } from '../../shared/kernels/similarity/tile-plan.js';
import { workspaceLayout } from '../../shared/kernels/similarity/workspace-layout.js';
import type { ReadyKernel } from './kernel-catalog.js';

/** A trial is one tile of so many dimensions, repeated for a few milliseconds. */
const COLUMNS = 96;
const ROUND_MS = 2;
const ROUNDS = 3;

/** A micro-kernel that multiplies a tile of made-up rows, the same everywhere. */
export class KernelTrial implements ReadyKernel {
  readonly rounding: string;
  private readonly tile: TileKernel;
  private readonly job: PackJob;
  private fastestMs = Number.POSITIVE_INFINITY;

  /** @throws Error if the kernel's scores are not those of the canonical routine, within its bounds. */
  constructor(
    readonly kernel: Kernel,
    readonly module: WebAssembly.Module,
  ) {
    const shape = {
      columns: COLUMNS,
      steps: 2 * COLUMNS,
      leftSteps: 2 * COLUMNS,
      lanes: 1,
      capacities: [BLOCK],
    };
    const layout = workspaceLayout(shape, kernel);
    const pages = Math.ceil(layout.totalBytes / 65_536);
    const memory = new WebAssembly.Memory({ initial: pages, maximum: 65_536, shared: true });
    const panel = { ...layout.panels[0]!, firstRow: 0, rowCount: BLOCK };
    const common = { module, kernel, memory, layout, columns: COLUMNS, largestNorm: 1, panel };
    this.job = { ...common, phase: 'pack', metric: 'cosine' };
    const { rows } = panelViews(this.job, panel);
    let state = 1;
    for (let at = 0; at < rows.length; at++) {
      state = (Math.imul(state, 1_664_525) + 1_013_904_223) | 0;
      rows[at] = state / 2 ** 31;
    }
    this.tile = new TileKernel(this.job, 0);
    this.tile.square({ panel, block: 0 });
    packTiles(this.job, this.tile)(0);
    this.multiply();
    this.verify();
    this.rounding = crc32(this.tile.scores).toString(16).padStart(8, '0');
  }

  /** Nanoseconds for each multiplication with its addition, of the fastest tile so far. */
  get macNs(): number {
    return (this.fastestMs * 1e6) / (BLOCK * BLOCK * COLUMNS);
  }

  /**
   * Times several kernels in turns: a machine that is slow for a moment is slow for all of them, and what V8 compiles
   * better once it is hot has been compiled by the second turn.
   */
  static measure(trials: readonly KernelTrial[]): void {
    for (let round = 0; round < ROUNDS; round++) {
      for (const trial of trials) {
        const endMs = performance.now() + ROUND_MS;
        do trial.multiply();
        while (performance.now() < endMs);
      }
    }
  }

  private multiply(): void {
    const block = { panel: this.job.panel, block: 0 };
    const startMs = performance.now();
    this.tile.compute(block, block);
    this.fastestMs = Math.min(this.fastestMs, performance.now() - startMs);
  }

  private verify(): void {
    const { rows, squares, upperTerms, lowerTerms } = panelViews(this.job, this.job.panel);
    for (let row = 0; row < BLOCK; row++) {
      for (let column = 0; column < BLOCK; column += 7) {
        const score = this.tile.scores[row * BLOCK + column]!;
        const product = dotProduct(rows, row, rows, column, COLUMNS);
        const exact = product / Math.sqrt(squares[row]! * squares[column]!);
        const least = score + lowerTerms[row]! + lowerTerms[column]! - selectionMargin(COLUMNS);
        const most = score + upperTerms[row]! + upperTerms[column]! + selectionMargin(COLUMNS);
        if (!(exact >= least && exact <= most)) {
          throw new Error(`it gives wrong answers here: ${score}, expected ${exact} (row ${row}, ${column})`);
        }
      }
    }
  }
}
