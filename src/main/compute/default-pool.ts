import { ComputePool } from './compute-pool.js';

let pool: ComputePool | undefined;

/**
 * The pool of calls that name none: made at the first of them, with a thread for each processor, and kept. It
 * does not keep the process alive.
 */
export function defaultPool(): ComputePool {
  pool ??= new ComputePool();
  return pool;
}
