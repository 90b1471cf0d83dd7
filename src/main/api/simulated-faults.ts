import { MillraceError } from '../../shared/errors.js';

/** What becomes of the answer of a call that was admitted. */
export type BrokenAnswer = 'reset' | 'stall' | 'truncated' | 'malformed';

/** What goes wrong with some of the requests for some of the time. */
export interface Fault {
  /**
   * - A status from 400 to 599, `429` too: refused with it, before anything is taken of the limits.
   * - `quota`: a 429 with the code `insufficient_quota`, which no wait mends.
   * - `reset`: the connection is reset instead of an answer. `stall`: the answer never comes, or not all of it.
   * - `truncated`: the connection ends in the middle of the answer. `malformed`: the answer is no JSON.
   */
  readonly kind: number | 'quota' | BrokenAnswer;
  /** How many of the requests it hits, from 0 to 1. */
  readonly share: number;
  /** Since the first request. */
  readonly fromMs: number;
  /** Infinity is for ever. */
  readonly toMs: number;
}

const WORDS: readonly string[] = ['quota', 'reset', 'stall', 'truncated', 'malformed'];
const SHAPE = /^(\d{3}|[a-z]+)(?::(\d+(?:\.\d+)?)%)?(?:@([^-]+)(?:-(.+))?)?$/;
const UNITS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000 };

/**
 * Reads a fault as it is written on the command line: what, how often, from when to when. Without a share it hits all
 * requests, without a time it begins at once, without an end it lasts.
 *
 * @throws MillraceError `MILLRACE_INVALID_ARGUMENT`
 *
 * @example
 * parseFault('503@10s-70s'); // { kind: 503, share: 1, fromMs: 10_000, toMs: 70_000 }
 * parseFault('429:1%'); // { kind: 429, share: 0.01, fromMs: 0, toMs: Infinity }
 * parseFault('quota@60s');
 * parseFault('reset:5%@1m-2m');
 */
export function parseFault(text: string): Fault {
  const [, word = '', percent = '100', from = '0s', to] = SHAPE.exec(text) ?? [];
  const kind = WORDS.includes(word) ? (word as Exclude<Fault['kind'], number>) : Number(word);
  const fault = {
    kind,
    share: Number(percent) / 100,
    fromMs: durationMs(from),
    toMs: to === undefined ? Number.POSITIVE_INFINITY : durationMs(to),
  };
  const isKnown = typeof kind === 'string' || (kind >= 400 && kind < 600);
  if (isKnown && fault.share <= 1 && fault.fromMs < fault.toMs) return fault;
  const expected = `a status from 400 to 599 or ${WORDS.join(', ')}, such as 503@10s-70s, 429:1% or quota@60s`;
  throw new MillraceError(
    'MILLRACE_INVALID_ARGUMENT',
    `fault: expected ${expected}, received ${JSON.stringify(text)}`,
  );
}

/** Reads a duration: `250ms`, `10s`, `1.5m`. NaN if it is none. */
export function durationMs(text: string): number {
  const [, digits, unit = ''] = /^(\d+(?:\.\d+)?)(ms|s|m)$/.exec(text) ?? [];
  return Number(digits) * UNITS[unit]!;
}

/** Whether a fault hits a request of this moment. Each that is in force draws once, the first that hits counts. */
export function drawFault(faults: readonly Fault[], now: number, random: () => number): Fault | undefined {
  return faults.find(({ share, fromMs, toMs }) => now >= fromMs && now < toMs && random() < share);
}
