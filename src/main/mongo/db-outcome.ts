import type { ErrorCategory } from '../../shared/errors.js';
import type { ReplyCounts } from './reply.js';

/** An item that was not done, and will not be if it is sent again as it is. */
export interface RejectedItem {
  /** Its place in the input, from 0. */
  readonly index: number;
  /** The `_id` that it is about, where it is about one. */
  readonly id: unknown;
  readonly category: ErrorCategory;
  /** MongoDB's code (11000: a duplicate), or `MILLRACE_OVER_LIMIT`, `MILLRACE_INVALID_INPUT`, `MILLRACE_NOT_RUN`. */
  readonly code: number | string;
  readonly message: string;
}

/** An item of which nobody knows whether it was done. */
export interface UnknownItem {
  readonly index: number;
  readonly id: unknown;
}

/**
 * What became of the items: `items = acknowledged + rejected + unknown + notDone`, always. On a normal return `unknown` is
 * 0, and so is `notDone` unless an ordered operation stopped at its first rejected item.
 */
export interface DbOutcome extends ReplyCounts {
  /** How many were taken from the input. */
  readonly items: number;
  /** Done: the server said so, or it was read back. */
  readonly acknowledged: number;
  readonly rejected: number;
  /** Perhaps done. */
  readonly unknown: number;
  /** Taken from the input, and surely not done: the operation stopped before. */
  readonly notDone: number;
  /** Acknowledged, but not confirmed as the write concern asks for. They were not sent again. */
  readonly unconfirmed: number;
  /** Why they were not confirmed, the last time. */
  readonly writeConcernError: { readonly code: number | string; readonly message: string } | undefined;
  /** How many batches came to an end. */
  readonly batches: number;
  /** How many commands were sent, those to read back included. */
  readonly commands: number;
  /** The first rejected items: at most `maxSamples`. */
  readonly rejections: readonly RejectedItem[];
  /** All items that are unknown: never more than `concurrency` batches. */
  readonly unknowns: readonly UnknownItem[];
}
