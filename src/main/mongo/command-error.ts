import type { Document } from 'mongodb';
import { errorMessage, MillraceError, type MillraceErrorOptions } from '../../shared/errors.js';

/**
 * A server that says one of these may have done a part of the command: it went down, lost its office, was told to stop in
 * the middle, or failed for a reason of its own (1, 8). (error_codes.yml of the server; the driver specifications' "state change errors".)
 */
const INTERRUPTED = new Set([
  1, 6, 7, 8, 43, 50, 63, 89, 91, 112, 133, 134, 146, 150, 175, 189, 202, 234, 237, 262, 279, 317, 358, 384,
  9001, 10058, 10107, 11600, 11601, 11602, 13388, 13435, 13436,
]);
/** Nobody is let in, whatever is sent: Unauthorized, AuthenticationFailed, and their like. */
const LOCKED_OUT = new Set([11, 13, 18, 31, 33, 332, 8000]);

/** The driver's errors of commands that never left. */
const NEVER_SENT = new Set([
  'MongoServerSelectionError',
  'MongoWaitQueueTimeoutError',
  'MongoPoolClearedError',
  'MongoPoolClearedOnNetworkError',
]);
const CLOSED = new Set([
  'MongoPoolClosedError',
  'MongoTopologyClosedError',
  'MongoNotConnectedError',
  'MongoClientClosedError',
  'MongoExpiredSessionError',
]);
/** Commands that can't be written as BSON. */
const UNWRITABLE = new Set([
  'RangeError',
  'TypeError',
  'BSONError',
  'BSONRuntimeError',
  'BSONVersionError',
  'BSONOffsetError',
]);

/** A command that was handed to the driver, and failed. Only we throw it, and only for that. */
export class CommandFailure extends MillraceError {
  constructor(message: string, options: MillraceErrorOptions) {
    super('MILLRACE_CALL_FAILED', message, options);
  }
}

interface DriverError {
  name?: unknown;
  code?: unknown;
  syscall?: unknown;
  beforeHandshake?: unknown;
  errorLabels?: unknown;
  errorResponse?: unknown;
}

/** The reply in an error that is none to us: the driver throws where a write was done and not confirmed. */
export function replyIn(thrown: unknown): Document | undefined {
  const { name, result } = Object(thrown) as { name?: unknown; result?: Document };
  return name === 'MongoWriteConcernError' && result?.ok === 1 ? result : undefined;
}

/**
 * What a failed command means: by the driver's names and the server's codes, never by messages, and not by the label
 * `RetryableWriteError`, which is no permission. `sent` tells what became of its statements:
 *
 * - `false`: they didn't leave. `transient` if they may leave later.
 * - `true`: the server refused the command as a whole, and did nothing of it. Of scope `run` if it would refuse others, too.
 * - `'unknown'`: any of them may have been done, or be done in a moment.
 */
export function commandError(thrown: unknown): CommandFailure {
  return new CommandFailure(errorMessage(thrown), { ...meaningOf(thrown), cause: thrown });
}

function meaningOf(thrown: unknown): MillraceErrorOptions {
  const { name, code, syscall, beforeHandshake, errorLabels } = Object(thrown) as DriverError;
  const labels = [...(Array.isArray(errorLabels) ? errorLabels : [])];
  if (labels.includes('UnknownTransactionCommitResult')) return { category: 'transient', sent: 'unknown' };
  // Connections that couldn't be made, and servers that are too busy to begin (the driver specifications' "client
  // backpressure": only where it is safe to try again).
  if (labels.includes('SystemOverloadedError') && labels.includes('RetryableError'))
    return { category: 'transient', sent: false };
  // The transaction, and with it all of the command, is undone.
  if (labels.includes('TransientTransactionError')) return { category: 'transient', sent: false };
  if (NEVER_SENT.has(String(name)) || beforeHandshake === true) return { category: 'transient', sent: false };
  if (CLOSED.has(String(name))) return { category: 'fatal', scope: 'run', sent: false };
  if (UNWRITABLE.has(String(name))) return { category: 'fatal', sent: false };
  if (name === 'MongoServerError') {
    if (INTERRUPTED.has(Number(code))) return { category: 'transient', sent: 'unknown' };
    return { category: 'fatal', scope: LOCKED_OUT.has(Number(code)) ? 'run' : 'item', sent: true };
  }
  // Where a socket breaks while the driver waits until it takes more, its error comes as it is.
  const isNetwork = /^Mongo(Network|OperationTimeout)/.test(String(name)) || syscall !== undefined;
  return { category: isNetwork ? 'transient' : 'fatal', sent: 'unknown' };
}
