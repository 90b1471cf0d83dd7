import {
  errorMessage,
  isMillraceError,
  MillraceError,
  type MillraceErrorOptions,
} from '../../shared/errors.js';
import { readLimitHeaders } from '../limits/limit-headers.js';

/** What errors of HTTP clients tell, in their various ways. */
interface CallError {
  status?: unknown;
  statusCode?: unknown;
  code?: unknown;
  type?: unknown;
  name?: unknown;
  cause?: unknown;
  error?: { code?: unknown; type?: unknown };
  headers?: unknown;
  constructor?: { name?: unknown };
  errorLabels?: unknown;
}

/** Nothing had left when these happened. */
const NEVER_SENT = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'EADDRNOTAVAIL',
  'EMFILE',
  'UND_ERR_CONNECT_TIMEOUT',
]);
/** Nobody knows how far these came. */
const CUT_OFF = new Set([
  'ECONNRESET',
  'ECONNABORTED',
  'EPIPE',
  'ETIMEDOUT',
  'EPROTO',
  'UND_ERR_SOCKET',
  'UND_ERR_HEADERS_TIMEOUT',
  'UND_ERR_BODY_TIMEOUT',
  'UND_ERR_RES_CONTENT_LENGTH_MISMATCH',
]);
/** What Node's and undici's parsers say of an answer that is no HTTP: by code, or by name where there is no code. */
const NO_HTTP = /^HPE_/;
const PARSER_ERROR = 'HTTPParserError';
/** Servers that can't prove who they are: nothing is sent to them, by no item. */
const UNTRUSTED = new Set([
  'CERT_HAS_EXPIRED',
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  'ERR_TLS_CERT_ALTNAME_INVALID',
]);
/** Clients that were closed before the call. */
const CLOSED = new Set(['UND_ERR_CLOSED', 'UND_ERR_DESTROYED']);
/** How the openai package names timeouts; it gives them neither code nor cause. */
const TIMEOUT_CLASS = 'APIConnectionTimeoutError';
/** No wait mends these: OpenAI's and Azure's words for an account that is empty or locked. */
const RUN_ENDS = new Set([
  'insufficient_quota',
  'billing_hard_limit_reached',
  'account_deactivated',
  'invalid_api_key',
]);
const RETRYABLE = new Set([408, 409, 425, 429]);
const BAD_KEY = new Set([401, 402, 403]);

/**
 * What may be done about an error that a call threw, as a MillraceError: by its HTTP status (`status` or
 * `statusCode`), by its code (Node's, undici's, OpenAI's), and by MongoDB's labels; never by its message.
 *
 * - `retryable`: 408, 409, 425, 429.
 * - `transient`: 5xx, connections that failed or were cut off, answers that are no HTTP, timeouts.
 * - `fatal` for the run: no quota left, a bad key (401, 402, 403), a closed account, a certificate that proves nothing.
 * - `fatal` for the item: other statuses, aborts, and everything else, such as a TypeError.
 *
 * A MillraceError is returned as it is; others are its `cause`.
 */
export function classifyError(thrown: unknown): MillraceError {
  if (isMillraceError(thrown)) return thrown;
  return new MillraceError('MILLRACE_CALL_FAILED', errorMessage(thrown), {
    ...classOf(thrown),
    cause: thrown,
  });
}

function classOf(thrown: unknown): MillraceErrorOptions {
  if (typeof thrown !== 'object' || thrown === null) return { category: 'fatal' };
  const error = thrown as CallError;
  const status = Number(error.status ?? error.statusCode ?? Number.NaN);
  const codes = [error.code, error.type, error.error?.code, error.error?.type].map(String);
  if (codes.some((code) => RUN_ENDS.has(code))) return { category: 'fatal', scope: 'run', sent: true };
  if (status >= 400) return classOfStatus(status, error.headers);
  if (error.name === 'AbortError') return { category: 'fatal' };
  if (error.name === 'TimeoutError' || error.constructor?.name === TIMEOUT_CLASS)
    return { category: 'transient' };
  if (codes.some((code) => NEVER_SENT.has(code))) return { category: 'transient', sent: false };
  if (error.name === PARSER_ERROR || codes.some((code) => CUT_OFF.has(code) || NO_HTTP.test(code)))
    return { category: 'transient' };
  if (codes.some((code) => UNTRUSTED.has(code))) return { category: 'fatal', scope: 'run', sent: false };
  if (codes.some((code) => CLOSED.has(code))) return { category: 'fatal', sent: false };
  const labels = Array.isArray(error.errorLabels) ? error.errorLabels : [];
  if (labels.some((label) => /^(Retryable|Transient)/.test(String(label)))) return { category: 'transient' };
  // `fetch` and the openai package hide what happened in the cause.
  return error.cause === undefined ? { category: 'fatal' } : classOf(error.cause);
}

function classOfStatus(status: number, headers: unknown): MillraceErrorOptions {
  const { retryAfterMs } = readLimitHeaders(pairsOf(headers));
  if (RETRYABLE.has(status)) return { category: 'retryable', sent: true, retryAfterMs };
  if (status >= 500) return { category: 'transient', sent: true, retryAfterMs };
  if (BAD_KEY.has(status)) return { category: 'fatal', scope: 'run', sent: true };
  return { category: 'fatal', sent: true };
}

/** Headers as pairs: of `fetch`, as an object, or with lists of values. */
function pairsOf(headers: unknown): [string, string][] {
  if (typeof headers !== 'object' || headers === null) return [];
  const entries =
    Symbol.iterator in headers ? [...(headers as Iterable<[string, string]>)] : Object.entries(headers);
  return entries
    .filter((entry) => Array.isArray(entry))
    .map(([name, value]) => [String(name), String(value)]);
}
