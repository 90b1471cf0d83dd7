import { describe, expect, it } from 'vitest';
import { readLimitHeaders } from '../../../../src/main/limits/limit-headers.js';

describe('readLimitHeaders', () => {
  it("reads OpenAI's headers", () => {
    const headers = {
      'X-RateLimit-Limit-Requests': '10000',
      'x-ratelimit-limit-tokens': '2000000',
      'x-ratelimit-remaining-requests': '9999',
      'x-ratelimit-remaining-tokens': '1999993',
      'x-ratelimit-reset-requests': '6ms',
    };
    expect(readLimitHeaders(Object.entries(headers))).toEqual({
      requestsPerMinute: { limit: 10_000, remaining: 9999 },
      tokensPerMinute: { limit: 2_000_000, remaining: 1_999_993 },
    });
  });

  it("reads Anthropic's headers", () => {
    const headers = {
      'anthropic-ratelimit-requests-limit': '50',
      'anthropic-ratelimit-requests-remaining': '0',
      'anthropic-ratelimit-input-tokens-limit': '30000',
      'anthropic-ratelimit-input-tokens-remaining': '12000',
      'anthropic-ratelimit-output-tokens-limit': '8000',
    };
    expect(readLimitHeaders(new Headers(headers))).toEqual({
      requestsPerMinute: { limit: 50, remaining: 0 },
      inputTokensPerMinute: { limit: 30_000, remaining: 12_000 },
      outputTokensPerMinute: { limit: 8000 },
    });
  });

  it.each([
    [{ 'retry-after': '7' }, 7000],
    [{ 'retry-after': '0.25' }, 250],
    [{ 'retry-after': '7', 'retry-after-ms': '312' }, 312],
    [{ 'Retry-After': 'Wed, 21 Oct 2026 07:28:10 GMT' }, 10_000],
    [{ 'Retry-After': 'Wed, 21 Oct 2026 07:27:10 GMT' }, 0],
    [{ 'retry-after': 'soon' }, undefined],
  ])('reads how long to wait from %j', (headers, expected) => {
    const now = Date.parse('2026-10-21T07:28:00Z');
    expect(
      readLimitHeaders(Object.entries(headers as unknown as Record<string, string>), now).retryAfterMs,
    ).toBe(expected);
  });

  it('passes over what makes no sense, and limits that are none', () => {
    const headers = {
      'x-ratelimit-limit-tokens': '0',
      'x-ratelimit-remaining-tokens': '0',
      'x-ratelimit-limit-requests': '-1',
    };
    expect(readLimitHeaders(Object.entries(headers))).toEqual({});
  });
});
