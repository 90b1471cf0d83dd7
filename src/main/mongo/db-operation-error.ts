import { MillraceError, type MillraceErrorCode, type MillraceErrorOptions } from '../../shared/errors.js';
import type { DbOutcome } from './db-outcome.js';

/**
 * A database operation that stopped. Its `code` is one of
 *
 * - `MILLRACE_UNKNOWN_OUTCOME`: `outcome.unknowns` lists the items of which nobody knows whether they were done.
 * - `MILLRACE_SERVER_UNAVAILABLE`: the server could not be reached; nothing is unknown, and the same call may go on later.
 * - `MILLRACE_CALL_FAILED`: the server lets nobody in, or the client is closed.
 */
export class DbOperationError extends MillraceError {
  constructor(
    code: MillraceErrorCode,
    message: string,
    /** What became of the items until then. */
    readonly outcome: DbOutcome,
    options: MillraceErrorOptions,
  ) {
    super(code, message, options);
  }
}
