import type { SharedMatrixLayout } from '../../shared-matrix.js';
import { BLOCK, blockCount } from './tile-plan.js';

/** What every phase of a similarity job needs. */
interface SimilarityInput {
  /** The embeddings, n × d. */
  matrix: SharedMatrixLayout;
  /** n float64: each row's dot product with itself. Written by the pack phase, read by the others. */
  squares: SharedArrayBuffer;
  /** The compiled kernel. */
  module: WebAssembly.Module;
  /** The leased workspace, laid out as {@link workspaceLayout} says. */
  memory: WebAssembly.Memory;
  /** How many copies may run at once: so many scratch areas the workspace has. */
  lanes: number;
}

/**
 * One phase of a similarity job. A tile is a block of rows in `pack` and `nearest`, and a block of the upper
 * triangle in the others.
 */
export type SimilarityJob = SimilarityInput &
  (
    | { phase: 'pack' }
    | { phase: 'edges'; threshold: number }
    | { phase: 'nearest'; k: number }
    | { phase: 'dense'; output: SharedArrayBuffer }
    | { phase: 'histogram'; bins: number }
  );

/** Pairs as columns: edge e joins rows `source[e]` < `target[e]`. */
export interface EdgePart {
  source: Uint32Array<ArrayBuffer>;
  target: Uint32Array<ArrayBuffer>;
  similarity: Float32Array<ArrayBuffer>;
}

/** The neighbours of one block of rows, k a row, best first. */
export interface NearestPart {
  indices: Uint32Array<ArrayBuffer>;
  similarities: Float32Array<ArrayBuffer>;
}

/** What a tile gives: edges, neighbours or counts by bin; null where the result went into shared memory. */
export type SimilarityPart = EdgePart | NearestPart | Float64Array<ArrayBuffer> | null;

/** Where things are in a workspace, in bytes. */
export interface WorkspaceLayout {
  /** Normalised rows in panels of eight: [panel][k][lane]. */
  panels: number;
  /** The scratch areas of the lanes, one after the other. */
  scratch: number;
  scratchBytes: number;
  totalBytes: number;
}

/** Offsets inside the scratch area of one lane. */
export const SCRATCH = {
  scores: 0,
  list: BLOCK * BLOCK * 4,
  bounds: 2 * BLOCK * BLOCK * 4,
  left: 2 * BLOCK * BLOCK * 4 + 1024,
} as const;

/** Rows are padded with zeros up to a multiple of both sides of the micro-kernel. */
const ROW_MULTIPLE = 40;
/** WebAssembly and its compiler may put nothing below this address; neither do we. */
const FIRST_ADDRESS = 1024;

export function paddedRows(rows: number): number {
  return Math.ceil(rows / ROW_MULTIPLE) * ROW_MULTIPLE;
}

export function workspaceLayout(rows: number, columns: number, lanes: number): WorkspaceLayout {
  const blockRows = blockCount(rows) === 0 ? 0 : Math.min(BLOCK, paddedRows(rows));
  const scratchBytes = align(SCRATCH.left + blockRows * columns * 4);
  const panels = FIRST_ADDRESS + lanes * scratchBytes;
  return {
    panels,
    scratch: FIRST_ADDRESS,
    scratchBytes,
    totalBytes: panels + paddedRows(rows) * columns * 4,
  };
}

function align(bytes: number): number {
  return Math.ceil(bytes / 64) * 64;
}
