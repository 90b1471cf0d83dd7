/**
 * One control word per running task, in memory that the pool and all of its workers share. The pool writes it,
 * the worker reads it between two pieces of its work; nobody waits on it.
 */
export const GO_ON = 0;
/** Other work waits: hand the thread back after this tile; the rest of the job is queued again. */
export const YIELD = 1;
/** Nobody wants the result any more. */
export const CANCEL = 2;
