import { functionsOf, type PackedFormat, rowMultiple } from '../../shared/kernels/similarity/kernels.js';
import { BLOCK, blockCount, type TileGrid } from '../../shared/kernels/similarity/tile-plan.js';
import {
  bytesPerRow,
  type WorkspaceLayout,
  workspaceLayout,
} from '../../shared/kernels/similarity/workspace-layout.js';
import { invalidOptions } from '../../shared/options.js';
import { kernelExports, type ReadyKernel } from './kernel-catalog.js';

/** What 32-bit WebAssembly can address. */
const MAX_WORKSPACE_BYTES = 2 ** 32;

export interface WorkspacePlan {
  readonly layout: WorkspaceLayout;
  /** Blocks of rows that a panel has room for. */
  readonly panelBlocks: number;
}

export interface WorkspaceNeeds {
  readonly grid: TileGrid;
  /** Dimensions of the rows. */
  readonly columns: number;
  readonly lanes: number;
  /** Any of which may be used, one after the other. */
  readonly kernels: ReadonlyMap<PackedFormat, ReadyKernel>;
  readonly maxPanelBlocks: number;
  readonly memoryLimitBytes: number | undefined;
}

/**
 * How large panels are: all rows if they fit into the limit, else two panels that do.
 *
 * @throws MillraceError `MILLRACE_INVALID_ARGUMENT` if not even two blocks of rows fit.
 */
export function planWorkspace(needs: WorkspaceNeeds): WorkspacePlan {
  const { grid, columns, lanes, kernels, maxPanelBlocks, memoryLimitBytes = MAX_WORKSPACE_BYTES } = needs;
  const ready = [...kernels.values()];
  const sizes = ready.map((each) => {
    const { steps, leftSteps } = functionsOf(kernelExports(each), each.kernel.format);
    return { steps: steps(columns), left: leftSteps(columns) };
  });
  const steps = Math.max(...sizes.map((size) => size.steps));
  const leftSteps = Math.max(...sizes.map(({ left }) => left));
  const widest = ready.reduce((a, b) => (rowMultiple(b.kernel) > rowMultiple(a.kernel) ? b : a)).kernel;
  // Sides of kernels of different modules may have no small common multiple: a whole block suits them all.
  const isMixed = ready.some(({ kernel }) => rowMultiple(kernel) !== rowMultiple(widest));
  const layoutOf = (rows: readonly number[]) => {
    const capacities = isMixed ? rows.map((count) => blockCount(count) * BLOCK) : rows;
    return workspaceLayout({ columns, steps, leftSteps, lanes, capacities }, widest);
  };
  const limit = Math.min(MAX_WORKSPACE_BYTES, memoryLimitBytes);
  const sides = grid.symmetric ? [grid.rows] : [grid.rows, grid.columns];
  const blocks = Math.max(1, ...sides.map(blockCount));
  if (blocks <= maxPanelBlocks) {
    const layout = layoutOf(sides);
    if (layout.totalBytes <= limit) return { layout, panelBlocks: blocks };
  }
  const pairBytes = 2 * BLOCK * bytesPerRow(columns, steps);
  const least = layoutOf([BLOCK, BLOCK]).totalBytes;
  const fitting = 1 + Math.floor((limit - least) / pairBytes);
  if (fitting < 1) {
    const problem = `${lanes} threads and rows of ${columns} numbers need at least ${least} bytes, received ${limit}`;
    throw invalidOptions('similarity', [{ name: 'memoryLimitBytes', problem }]);
  }
  const panelBlocks = Math.min(fitting, maxPanelBlocks, blocks);
  const capacities = [grid.rows, grid.columns].map((rows) => Math.min(rows, panelBlocks * BLOCK));
  return { layout: layoutOf(capacities), panelBlocks };
}
