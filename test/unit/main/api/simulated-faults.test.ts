import { describe, expect, it } from 'vitest';
import { parseFault } from '../../../../src/main/api/simulated-faults.js';
import { duration } from '../../../../src/main/api/simulated-headers.js';

describe('parseFault', () => {
  it.each([
    ['503@10s-70s', { kind: 503, share: 1, fromMs: 10_000, toMs: 70_000 }],
    ['429:1%', { kind: 429, share: 0.01, fromMs: 0, toMs: Number.POSITIVE_INFINITY }],
    ['quota@60s', { kind: 'quota', share: 1, fromMs: 60_000, toMs: Number.POSITIVE_INFINITY }],
    ['reset:2.5%@250ms-1.5m', { kind: 'reset', share: 0.025, fromMs: 250, toMs: 90_000 }],
    ['stall', { kind: 'stall', share: 1, fromMs: 0, toMs: Number.POSITIVE_INFINITY }],
  ])('reads %s', (text, fault) => {
    expect(parseFault(text)).toEqual(fault);
  });

  it.each(['', '200', '600', 'boom', '503@10', '503@9s-3s', '429:101%', '429:x%', '503@', '5030'])(
    'refuses %j, and says what it expects',
    (text) => {
      expect(() => parseFault(text)).toThrow(`received ${JSON.stringify(text)}`);
    },
  );
});

it.each([
  [0, '0ms'],
  [0.2, '1ms'],
  [120, '120ms'],
  [1000, '1s'],
  [1500, '1.5s'],
  [62_000, '1m2s'],
  [360_000, '6m0s'],
])('writes %d ms as %s', (ms, text) => {
  expect(duration(ms)).toBe(text);
});
