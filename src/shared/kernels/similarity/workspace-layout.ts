import { type Kernel, rowMultiple } from './kernels.js';
import { BLOCK } from './tile-plan.js';

/** How many canonical results fit into the scratch area. */
export const PRODUCTS = 4096;

/** Addresses inside the scratch area of one lane. */
export const SCRATCH = {
  /** BLOCK × BLOCK float32 scores. */
  scores: 0,
  /** As many candidates, or the scores transposed. */
  list: BLOCK * BLOCK * 4,
  /** A float32 bound for each left row, then for each right row. */
  rowBounds: 2 * BLOCK * BLOCK * 4,
  columnBounds: 2 * BLOCK * BLOCK * 4 + 1024,
  /** What the tile alone says of the lists of a side. */
  listBounds: 2 * BLOCK * BLOCK * 4 + 2048,
  /** Canonical float64 results, so many at a time. */
  products: 2 * BLOCK * BLOCK * 4 + 3072,
  /** The left block, packed. */
  left: 2 * BLOCK * BLOCK * 4 + 3072 + 8 * PRODUCTS,
} as const;

/** Neither WebAssembly nor its compiler put anything below this address; neither do we. */
const FIRST_ADDRESS = 1024;
const ALIGNMENT = 64;

/** Where the rows of a panel are in the workspace: a range of rows of a matrix, as given and packed. */
export interface PanelLayout {
  /** Float32, row-major, as given. */
  readonly rows: number;
  /** Float64: each row's dot product with itself. */
  readonly squares: number;
  /** Float64: what each row is multiplied with before it is packed. */
  readonly inverses: number;
  /** Float32: the rounding errors of quantised rows. */
  readonly errors: number;
  /** Float32: what a row adds to the score of a pair to make it an upper bound, and a lower bound. */
  readonly upperTerms: number;
  readonly lowerTerms: number;
  /** Panels of packed rows. */
  readonly packed: number;
}

/** The sizes that decide the layout of a workspace. */
export interface WorkspaceShape {
  readonly columns: number;
  /** 32-bit words of a packed row, on the right and on the left side. */
  readonly steps: number;
  readonly leftSteps: number;
  readonly lanes: number;
  /** Rows that each panel has room for: one panel, or two. */
  readonly capacities: readonly number[];
}

export interface WorkspaceLayout {
  readonly scratch: number;
  readonly scratchBytes: number;
  readonly panels: readonly PanelLayout[];
  readonly totalBytes: number;
}

/** Bytes that each row of a panel takes. */
export function bytesPerRow(columns: number, steps: number): number {
  return 4 * columns + 8 + 8 + 4 + 4 + 4 + 4 * steps;
}

/** Rows of a panel including the zeros behind the last row, which the micro-kernel reads too. */
export function paddedRows(rows: number, kernel: Kernel): number {
  const multiple = rowMultiple(kernel);
  return Math.ceil(rows / multiple) * multiple;
}

/** A workspace: the scratch areas of the lanes one after the other, then the panels. */
export function workspaceLayout(
  { columns, steps, leftSteps, lanes, capacities }: WorkspaceShape,
  kernel: Kernel,
): WorkspaceLayout {
  const largestBlock = Math.min(BLOCK, paddedRows(Math.max(0, ...capacities), kernel));
  const scratchBytes = align(SCRATCH.left + largestBlock * leftSteps * 4);
  let at = FIRST_ADDRESS + lanes * scratchBytes;
  const take = (bytes: number) => {
    const start = at;
    at = align(at + bytes);
    return start;
  };
  const panels = capacities.map((capacity) => {
    const rows = paddedRows(capacity, kernel);
    return {
      rows: take(rows * columns * 4),
      squares: take(rows * 8),
      inverses: take(rows * 8),
      errors: take(rows * 4),
      upperTerms: take(rows * 4),
      lowerTerms: take(rows * 4),
      packed: take(rows * steps * 4),
    };
  });
  return { scratch: FIRST_ADDRESS, scratchBytes, panels, totalBytes: at };
}

function align(bytes: number): number {
  return Math.ceil(bytes / ALIGNMENT) * ALIGNMENT;
}
