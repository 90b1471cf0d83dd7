import { MillraceError } from '../../shared/errors.js';
import { classifyError } from '../policies/classify-error.js';

/** What is known of a response that tells of an error. */
export interface ResponseFacts {
  readonly status: number;
  readonly headers: Iterable<readonly [string, string]>;
  /** What may be the matter, for people. */
  readonly hint?: string | undefined;
  /** The `error` of the body, as far as there is one. */
  readonly error?:
    | { readonly message?: unknown; readonly type?: unknown; readonly code?: unknown }
    | undefined;
}

/** Takes secrets out of a text. */
export type Redact = (text: string) => string;

/** What stands in the place of a secret. */
const REDACTED = '[secret]';
/** Shorter values would be found in ordinary words. */
const SHORTEST_SECRET = 6;

/** Takes these secrets out of texts. */
export function redactor(secrets: readonly string[]): Redact {
  const known = secrets.filter(({ length }) => length >= SHORTEST_SECRET);
  return (text) => known.reduce((rest, secret) => rest.replaceAll(secret, REDACTED), text);
}

/** The cause of an error that stands for a response: what may be read of it, and nothing that was sent. */
class ApiResponseError extends Error {
  override readonly name = 'ApiResponseError';
  constructor(
    message: string,
    readonly status: number,
    readonly code: string | null,
    readonly type: string | null,
    readonly headers: Readonly<Record<string, string>>,
  ) {
    super(message);
    // The place where it was made tells nothing, and costs.
    this.stack = `${this.name}: ${message}`;
  }
}

/**
 * The error for a response: category, scope and `retryAfterMs` by its status, its code and its headers.
 *
 * @param call - what was called, such as `POST /v1/embeddings`
 */
export function responseError(call: string, facts: ResponseFacts, redact: Redact): MillraceError {
  const { status, headers, error = {}, hint } = facts;
  const said = typeof error.message === 'string' ? `: ${redact(error.message)}` : '';
  const safe = Object.fromEntries([...headers].map(([name, value]) => [name, redact(value)]));
  const text = (value: unknown) => (typeof value === 'string' ? redact(value) : null);
  const message = `${call} answered ${status}${said}${hint === undefined ? '' : ` (${hint})`}`;
  const cause = new ApiResponseError(message, status, text(error.code), text(error.type), safe);
  const classified = classifyError(cause);
  // An error that came with a status of success says by its code what it is, or is a failure of the server.
  return status >= 300 || classified.scope === 'run' ? classified : failedAnswer(message, cause);
}

/** An answer came, and is of no use: cut off, no JSON, or without what belongs into it. */
export function failedAnswer(message: string, cause?: unknown): MillraceError {
  const options = { category: 'transient', sent: true } as const;
  return new MillraceError(
    'MILLRACE_CALL_FAILED',
    message,
    cause === undefined ? options : { ...options, cause },
  );
}

/** No answer came: the error of the connection as ours. It is copied, since nobody knows what it holds. */
export function connectionError(call: string, thrown: unknown, redact: Redact): MillraceError {
  const cause = safeCopy(thrown, redact);
  const { category, scope, sent } = classifyError(cause);
  const message = `${call}: ${cause.message}`;
  return new MillraceError('MILLRACE_CALL_FAILED', message, { category, scope, sent, cause });
}

/** Name, message and code of an error, without secrets. */
export function safeCopy(thrown: unknown, redact: Redact): Error {
  const { name, message, code } = thrown as { name?: unknown; message?: unknown; code?: unknown };
  const words = message === '' || message === undefined ? String(code ?? thrown) : String(message);
  const copy = Object.assign(new Error(redact(words)), { name: String(name ?? 'Error') });
  copy.stack = `${copy.name}: ${copy.message}`;
  return code === undefined ? copy : Object.assign(copy, { code });
}
