import type { RowSource } from '../../row-source.js';
import type { Kernel } from './kernels.js';
import type { Metric } from './metric.js';
import type { TileGrid } from './tile-plan.js';
import type { PanelLayout, WorkspaceLayout } from './workspace-layout.js';

/** A range of rows of a matrix, in the workspace. Its first row is the first of a block. */
export interface Panel extends PanelLayout {
  readonly firstRow: number;
  readonly rowCount: number;
}

/** What every phase needs. */
interface SimilarityInput {
  /** The compiled module of the kernel. */
  readonly module: WebAssembly.Module;
  readonly kernel: Kernel;
  /** The leased workspace and what is where in it. */
  readonly memory: WebAssembly.Memory;
  readonly layout: Pick<WorkspaceLayout, 'scratch' | 'scratchBytes'>;
  /** Dimensions of the rows. */
  readonly columns: number;
  readonly metric: Metric;
  /** The largest norm of all rows; the cosine doesn't ask for it. */
  readonly largestNorm: number;
}

/** What the phases need that look at pairs: the two panels, and which of the grid's tiles between them to do. */
interface PairInput extends SimilarityInput {
  readonly left: Panel;
  readonly right: Panel;
  readonly grid: TileGrid;
  /** Int32 tile numbers in the grid: the job's tile t is number `tiles[t]`. */
  readonly tiles: SharedArrayBuffer;
}

/** How pairs are chosen. */
export interface PairSelection {
  /** Pairs of a lower quality are left out. */
  readonly floor: number;
  /**
   * Float32 for each row on the left, and on the right if rows there have lists too: the quality that a pair needs
   * to get into the list of its row. The main thread raises them as lists fill; a worker that sees an older, lower
   * bound finds more candidates than needed, never fewer. The grid's rows, not the panel's.
   */
  readonly bounds?: { readonly left: SharedArrayBuffer; readonly right?: SharedArrayBuffer };
  /** How long lists are, if whatever is among the best so many of a tile's row bounds the list of that row. */
  readonly listLength?: number;
}

/** Rows are packed in the same go, where it is known for which kernel. */
export type LoadJob = SimilarityInput & { phase: 'load'; source: RowSource; panel: Panel; pack: boolean };
export type PackJob = SimilarityInput & { phase: 'pack'; panel: Panel };
export type PairsJob = PairInput & { phase: 'pairs'; selection: PairSelection };
export type DenseJob = PairInput & { phase: 'dense'; output: DenseWindow };
export type HistogramJob = PairInput & { phase: 'histogram'; bins: number };
export type StoreJob = { phase: 'store'; output: DenseWindow; file: DenseFile };

/** One phase of a similarity job. A tile is a block of rows in `load`, `pack` and `store`, else a tile of the grid. */
export type SimilarityJob = LoadJob | PackJob | PairsJob | DenseJob | HistogramJob | StoreJob;

/** A rectangle of a dense result in shared memory, row-major, and its mirror image where the grid is symmetric. */
export interface DenseWindow {
  readonly firstRow: number;
  readonly firstColumn: number;
  readonly rows: number;
  readonly columns: number;
  readonly scores: SharedArrayBuffer;
  /** columns × rows, where the mirror image isn't in `scores` too. */
  readonly mirrored?: SharedArrayBuffer;
}

/** Where a dense window is written. */
export interface DenseFile {
  readonly path: string;
  /** Where the numbers begin, in bytes. */
  readonly dataOffset: number;
  /** Columns of the whole matrix. */
  readonly columns: number;
}

/** Pairs of a tile as columns of one buffer: rows of the grid, and their quality. */
export interface PairPart {
  source: Uint32Array<ArrayBuffer>;
  target: Uint32Array<ArrayBuffer>;
  quality: Float32Array<ArrayBuffer>;
  /** How many pairs of the tile the kernel could not rule out. */
  candidates: number;
}

/** What a tile gives: pairs, or counts by bin; null where the result went into shared memory. */
export type SimilarityPart = PairPart | Float64Array<ArrayBuffer> | null;
