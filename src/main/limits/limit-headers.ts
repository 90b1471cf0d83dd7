/** What a server says of one limit. */
export interface LimitState {
  limit?: number;
  remaining?: number;
}

/** What the headers of a response say of the limits. */
export interface LimitHeaders {
  requestsPerMinute?: LimitState;
  tokensPerMinute?: LimitState;
  inputTokensPerMinute?: LimitState;
  outputTokensPerMinute?: LimitState;
  /** How long the server asks to be left alone. */
  retryAfterMs?: number;
}

const SECOND_MS = 1000;

/** Names without their prefix, by limit: OpenAI's and Azure's, then Anthropic's. */
const NAMES: readonly [keyof Omit<LimitHeaders, 'retryAfterMs'>, limit: string, remaining: string][] = [
  ['requestsPerMinute', 'x-ratelimit-limit-requests', 'x-ratelimit-remaining-requests'],
  ['tokensPerMinute', 'x-ratelimit-limit-tokens', 'x-ratelimit-remaining-tokens'],
  ['requestsPerMinute', 'anthropic-ratelimit-requests-limit', 'anthropic-ratelimit-requests-remaining'],
  ['tokensPerMinute', 'anthropic-ratelimit-tokens-limit', 'anthropic-ratelimit-tokens-remaining'],
  [
    'inputTokensPerMinute',
    'anthropic-ratelimit-input-tokens-limit',
    'anthropic-ratelimit-input-tokens-remaining',
  ],
  [
    'outputTokensPerMinute',
    'anthropic-ratelimit-output-tokens-limit',
    'anthropic-ratelimit-output-tokens-remaining',
  ],
];

/**
 * Reads the rate limits from a response's headers: OpenAI's `x-ratelimit-*` (also Azure's), Anthropic's
 * `anthropic-ratelimit-*`, and `retry-after` in seconds or as a date (RFC 9110, 10.2.3), `retry-after-ms`. What makes
 * no sense is passed over.
 *
 * @param headers - names in any case
 * @param epochMs - the time of day, for dates
 */
export function readLimitHeaders(
  headers: Iterable<readonly [string, string]>,
  epochMs: number = Date.now(),
): LimitHeaders {
  const values = new Map([...headers].map(([name, value]) => [name.toLowerCase(), value.trim()]));
  const found: LimitHeaders = {};
  for (const [name, limitHeader, remainingHeader] of NAMES) {
    const limit = positiveNumber(values.get(limitHeader));
    const remaining = positiveNumber(values.get(remainingHeader));
    // A limit of 0 or -1 is how some say that there is none.
    const state = { ...(limit && { limit }), ...(remaining !== undefined && limit !== 0 && { remaining }) };
    if (Object.keys(state).length > 0) found[name] = state;
  }
  const retryAfterMs = readRetryAfter(values, epochMs);
  if (retryAfterMs !== undefined) found.retryAfterMs = retryAfterMs;
  return found;
}

function readRetryAfter(values: ReadonlyMap<string, string>, epochMs: number): number | undefined {
  const inMs = positiveNumber(values.get('retry-after-ms'));
  if (inMs !== undefined) return inMs;
  const value = values.get('retry-after');
  if (value === undefined) return undefined;
  const seconds = positiveNumber(value);
  if (seconds !== undefined) return seconds * SECOND_MS;
  const date = Date.parse(value);
  return Number.isNaN(date) ? undefined : Math.max(0, date - epochMs);
}

function positiveNumber(text: string | undefined): number | undefined {
  return text !== undefined && /^\d+(\.\d+)?$/.test(text) ? Number(text) : undefined;
}
