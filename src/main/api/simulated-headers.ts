import type { Refusal, SimulatedLimiter } from './simulated-limiter.js';

/** An error as OpenAI's servers tell it: the `error` of the body. */
export interface ApiErrorFacts {
  readonly message: string;
  readonly type: string;
  readonly param: string | null;
  readonly code: string | null;
}

const SECOND_MS = 1000;

/** OpenAI's `x-ratelimit-*` headers for the limits as they are now. */
export function limitHeaders({ limits }: SimulatedLimiter, now: number): Record<string, string> {
  const headers: Record<string, string> = {};
  for (const [quantity, limit] of limits) {
    const remaining = Math.max(0, Math.floor(limit.perMinute - limit.used(now)));
    headers[`x-ratelimit-limit-${quantity}`] = String(Math.floor(limit.perMinute));
    headers[`x-ratelimit-remaining-${quantity}`] = String(remaining);
    headers[`x-ratelimit-reset-${quantity}`] = duration(limit.resetMs(now));
  }
  return headers;
}

/** How long to leave the server alone: whole seconds, and whole milliseconds. */
export function retryAfterHeaders(waitMs: number): Record<string, string> {
  return {
    'retry-after': String(Math.ceil(waitMs / SECOND_MS)),
    'retry-after-ms': String(Math.ceil(waitMs)),
  };
}

const UNITS = { tokens: 'tokens per min (TPM)', requests: 'requests per min (RPM)' } as const;

/** What OpenAI says when a limit is used up; a hidden limit isn't named. */
export function refusalFacts(refusal: Refusal, isHidden: boolean): ApiErrorFacts {
  const { quantity, limit, used, requested, waitMs } = refusal;
  const again = `Please try again in ${duration(waitMs)}.`;
  const numbers = `Limit ${limit}, Used ${Math.ceil(used)}, Requested ${requested}.`;
  const message = !Number.isFinite(waitMs)
    ? `Request too large on ${UNITS[quantity]}: Limit ${limit}, Requested ${requested}.`
    : isHidden
      ? `Rate limit reached. ${again}`
      : `Rate limit reached on ${UNITS[quantity]}: ${numbers} ${again}`;
  return { message, type: quantity, param: null, code: 'rate_limit_exceeded' };
}

/** What a fault says that refuses with this status. */
export function faultFacts(kind: number | 'quota'): ApiErrorFacts {
  if (kind === 'quota')
    return {
      message: 'You exceeded your current quota, please check your plan and billing details.',
      type: 'insufficient_quota',
      param: null,
      code: 'insufficient_quota',
    };
  if (kind === 429)
    return { message: 'Rate limit reached.', type: 'requests', param: null, code: 'rate_limit_exceeded' };
  if (kind === 401)
    return {
      message: 'Incorrect API key provided.',
      type: 'invalid_request_error',
      param: null,
      code: 'invalid_api_key',
    };
  const type = kind >= 500 ? 'server_error' : 'invalid_request_error';
  return { message: `A simulated fault of status ${kind}.`, type, param: null, code: null };
}

/** A duration as Go writes it, and OpenAI with it: `120ms`, `1.5s`, `1m2s`, `6m0s`. */
export function duration(ms: number): string {
  const whole = Math.ceil(ms);
  if (whole < SECOND_MS) return `${whole}ms`;
  const seconds = whole / SECOND_MS;
  if (seconds < 60) return `${seconds}s`;
  const minutes = Math.floor(seconds / 60);
  return `${minutes}m${(whole - minutes * 60 * SECOND_MS) / SECOND_MS}s`;
}
