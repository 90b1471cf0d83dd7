import { z } from 'zod';
import type { Metric } from '../../shared/kernels/similarity/metric.js';
import { count } from '../../shared/options.js';
import type { ProgressSink } from '../../shared/progress.js';
import type { ComputePool } from './compute-pool.js';
import { KERNEL_CHOICES, type KernelChoice } from './kernel-catalog.js';

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
  /**
   * `'cosine'` (default), `'dot'`, the dot product, or `'euclidean'`, the distance: there less is better, and a
   * threshold is the largest distance that is kept.
   */
  metric?: Metric;
  /** Which micro-kernels may run. Default: the environment variable MILLRACE_KERNEL, else `'auto'`. */
  kernel?: KernelChoice;
  /**
   * At most so many bytes for rows, packed rows and scratch; inputs that need more are worked off panel by panel.
   * Results come on top. Default: 4 GiB, what WebAssembly can address.
   */
  memoryLimitBytes?: number;
  /** @internal Told which kernel runs, and why. */
  explain?: (line: string) => void;
}

export interface CheckpointOptions {
  /**
   * A file to which is written what was found, while the call goes on. If the call ends early, however that comes
   * about, the same call goes on from there, for the same bytes. The file stays when the call is done: a call that
   * finds everything in it computes nothing. Remove it once the result is safe.
   *
   * The file is refused (`MILLRACE_INVALID_INPUT`) if it belongs to other rows or other options, and while another
   * process writes it (`MILLRACE_LOCKED`). A process that is killed loses the last tenth of a second; a machine that
   * loses power about the last second.
   */
  checkpoint?: string;
}

export const checkpointOption = {
  checkpoint: z.string('expected a path').min(1, 'expected a path').optional(),
};

export const similarityOptions = {
  pool: z.custom<ComputePool>().optional(),
  priority: z.number().optional(),
  signal: z.instanceof(AbortSignal, { error: 'expected an AbortSignal' }).optional(),
  progress: z.custom<ProgressSink>((value) => value === undefined || typeof value === 'function').optional(),
  metric: z
    .enum(['cosine', 'dot', 'euclidean'], { error: "expected 'cosine', 'dot' or 'euclidean'" })
    .optional(),
  kernel: z
    .enum(KERNEL_CHOICES as [KernelChoice], { error: `expected one of ${KERNEL_CHOICES.join(', ')}` })
    .optional(),
  memoryLimitBytes: count(1).optional(),
  explain: z.custom<(line: string) => void>().optional(),
};
