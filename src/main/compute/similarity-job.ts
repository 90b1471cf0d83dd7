import { readFileSync } from 'node:fs';
import { z } from 'zod';
import {
  type SimilarityJob,
  type SimilarityPart,
  workspaceLayout,
} from '../../shared/kernels/similarity/job.js';
import { blockCount, triangleTiles } from '../../shared/kernels/similarity/tile-plan.js';
import type { ProgressSink } from '../../shared/progress.js';
import type { SharedMatrix } from '../../shared/shared-matrix.js';
import type { ComputePool } from './compute-pool.js';
import { defaultPool } from './default-pool.js';

/** Options of every similarity computation. */
export interface SimilarityOptions {
  /** The pool to run in. Default: one that is shared by all such calls, with a thread for each processor. */
  pool?: ComputePool;
  /** Lower numbers go first in the pool. Default: 0. */
  priority?: number;
  /** Cancels between two tiles; the call rejects with `signal.reason`. */
  signal?: AbortSignal;
  /** Told after each tile. */
  progress?: ProgressSink;
}

export const similarityOptions = {
  pool: z.custom<ComputePool>().optional(),
  priority: z.number().optional(),
  signal: z.instanceof(AbortSignal, { error: 'expected an AbortSignal' }).optional(),
  progress: z.custom<ProgressSink>((value) => value === undefined || typeof value === 'function').optional(),
};

/** A phase that computes scores, without what the phases have in common. */
export type ScoringPhase<P extends SimilarityJob['phase'] = Exclude<SimilarityJob['phase'], 'pack'>> =
  P extends unknown ? Omit<Extract<SimilarityJob, { phase: P }>, keyof Common> : never;
type Common = Omit<Extract<SimilarityJob, { phase: 'pack' }>, 'phase'>;

/**
 * Packs the embeddings into a workspace, then runs one scoring phase over them, tile by tile.
 *
 * @param onPart - receives the result of each tile once, in any order
 */
export async function runSimilarityJob(
  matrix: SharedMatrix,
  phase: ScoringPhase,
  onPart: (tile: number, part: SimilarityPart) => void,
  options: SimilarityOptions,
): Promise<void> {
  const { pool = defaultPool(), priority = 0, signal, progress } = options;
  const lanes = pool.threads;
  const workspace = pool.leaseWorkspace(workspaceLayout(matrix.rows, matrix.columns, lanes).totalBytes);
  try {
    const common: Common = {
      matrix: { rows: matrix.rows, columns: matrix.columns, buffer: matrix.buffer },
      squares: new SharedArrayBuffer(matrix.rows * Float64Array.BYTES_PER_ELEMENT),
      module: kernelModule(),
      memory: workspace.memory,
      lanes,
    };
    const blocks = blockCount(matrix.rows);
    const tiles = phase.phase === 'nearest' ? blocks : triangleTiles(matrix.rows);
    const scheduling = { maxCopies: lanes, priority, ...(signal && { signal }) };
    await pool.runDivisible(
      'similarity',
      { ...common, phase: 'pack' },
      { ...scheduling, tiles: blocks, onPart: ignore },
    );
    const onProgress = (done: number) =>
      progress?.({ label: 'similarity', done, total: tiles, unit: 'tiles' });
    await pool.runDivisible(
      'similarity',
      { ...common, ...phase },
      { ...scheduling, tiles, onPart, onProgress },
    );
  } finally {
    workspace.release();
  }
}

const ignore = () => {};

let compiled: WebAssembly.Module | undefined;

function kernelModule(): WebAssembly.Module {
  compiled ??= new WebAssembly.Module(
    readFileSync(new URL('../../shared/kernels/similarity/simd.wasm', import.meta.url)),
  );
  return compiled;
}
