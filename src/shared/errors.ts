/**
 * What may be done about an error. Behaviour asks `category` or `code`, never the message.
 *
 * - `retryable`: the other side asked to come again later (rate limits, conflicts).
 * - `transient`: the way there failed (network, crash, timeout); trying again may help.
 * - `fatal`: trying again gives the same error (bad input, programming errors).
 */
export type ErrorCategory = 'retryable' | 'transient' | 'fatal';

/** Stable codes of every error that Millrace itself raises. */
export type MillraceErrorCode =
  | 'MILLRACE_INVALID_ARGUMENT'
  | 'MILLRACE_INVALID_INPUT'
  | 'MILLRACE_UNREADABLE_INPUT'
  | 'MILLRACE_NOTHING_DONE'
  | 'MILLRACE_STEP_FAILED'
  | 'MILLRACE_NOT_RUN'
  | 'MILLRACE_SHUTDOWN'
  | 'MILLRACE_DUPLICATE_KEY'
  | 'MILLRACE_POOL_CLOSED'
  | 'MILLRACE_WORKER_FILE'
  | 'MILLRACE_WORKER_CRASHED'
  | 'MILLRACE_WORKER_OUT_OF_MEMORY'
  | 'MILLRACE_NOT_CLONEABLE'
  | 'MILLRACE_OUTPUT_FAILED'
  | 'MILLRACE_LOCKED'
  | 'MILLRACE_TIMEOUT'
  | 'MILLRACE_OVER_LIMIT'
  | 'MILLRACE_CIRCUIT_OPEN'
  | 'MILLRACE_CALL_FAILED'
  | 'MILLRACE_MISSING_PACKAGE'
  | 'MILLRACE_CRITICAL'
  | 'MILLRACE_UNKNOWN_OUTCOME'
  | 'MILLRACE_SERVER_UNAVAILABLE'
  | 'MILLRACE_CLIENT_CLOSED';

const brand = Symbol.for('millrace.error');

/** What a fatal error ends: its item, or the whole run, because no other item can succeed either. */
export type ErrorScope = 'item' | 'run';

/** What is wrong with which options, for those who know them by other names, as a command line does. */
export interface RefusedOptions {
  readonly options: readonly { readonly name: string; readonly problem: string }[];
  /** What may be done about it. */
  readonly advice?: string;
}

export interface MillraceErrorOptions {
  /** Default: `'fatal'`. */
  category?: ErrorCategory | undefined;
  /** Default: `'item'`. */
  scope?: ErrorScope | undefined;
  /** How long the other side asked to be left alone. */
  retryAfterMs?: number | undefined;
  /** Whether a request had left when it failed. Default: `'unknown'`. */
  sent?: boolean | 'unknown' | undefined;
  /** The options that it is about. */
  refused?: RefusedOptions | undefined;
  cause?: unknown;
}

/** Every error of Millrace. Recognise it with {@link isMillraceError}, which also works across duplicate installs. */
export class MillraceError extends Error {
  override readonly name = 'MillraceError';
  readonly code: MillraceErrorCode;
  readonly category: ErrorCategory;
  readonly scope: ErrorScope;
  readonly retryAfterMs: number | undefined;
  readonly sent: boolean | 'unknown';
  readonly refused: RefusedOptions | undefined;
  readonly [brand] = true;

  constructor(code: MillraceErrorCode, message: string, options: MillraceErrorOptions = {}) {
    super(message, 'cause' in options ? { cause: options.cause } : undefined);
    this.code = code;
    this.category = options.category ?? 'fatal';
    this.scope = options.scope ?? 'item';
    this.retryAfterMs = options.retryAfterMs;
    this.sent = options.sent ?? 'unknown';
    this.refused = options.refused;
  }
}

/** Whether `value` is an error of Millrace, by brand rather than by class. */
export function isMillraceError(value: unknown): value is MillraceError {
  return typeof value === 'object' && value !== null && brand in value;
}

/** The error itself if it is one of ours, else a {@link MillraceError} that carries it as `cause`. */
export function asMillraceError(
  error: unknown,
  code: MillraceErrorCode = 'MILLRACE_STEP_FAILED',
): MillraceError {
  if (isMillraceError(error)) return error;
  return new MillraceError(code, errorMessage(error), { cause: error });
}

/** The message of whatever was thrown. */
export function errorMessage(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** Whether `error` carries this `code`, as the errors of Node and of Millrace do. */
export function hasCode(error: unknown, code: string | number): boolean {
  return typeof error === 'object' && error !== null && 'code' in error && error.code === code;
}
