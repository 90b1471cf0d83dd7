import { z } from 'zod';
import { type Clock, systemClock } from '../../shared/clock.js';
import { checkOptions, count, numberFrom } from '../../shared/options.js';
import type { LogNormal } from '../../shared/random.js';
import { type Fault, parseFault } from './simulated-faults.js';

/**
 * How a simulated server enforces its limits. `bucket`: OpenAI's, a continuous refill. `window`: never more than the
 * limit in any 60 seconds. `slices`: Azure's, a sixtieth of the limit a second. `hidden`: a bucket that says nothing
 * of its limit.
 */
export type LimitMode = 'bucket' | 'window' | 'slices' | 'hidden';

/** From `atMs` on the limits are `factor` times those given. */
export interface LimitChange {
  /** Since the first request. */
  readonly atMs: number;
  readonly factor: number;
}

export interface SimulatedLimits {
  /** Default: `bucket`. */
  mode?: LimitMode | undefined;
  /** Prompt and output together. Default: none. */
  tokensPerMinute?: number | undefined;
  /** Default: none. */
  requestsPerMinute?: number | undefined;
  /** Whether the limit is all there at the first request, or all in use. Default: `full`. */
  start?: 'full' | 'empty' | undefined;
  /** Limits that change as time goes by. Default: none. */
  changes?: readonly LimitChange[] | undefined;
}

export interface SimulatedApiOptions {
  limits?: SimulatedLimits | undefined;
  /** How long an answer takes, in milliseconds. Default: a median of 400, sigma 0.4. */
  latencyMs?: LogNormal | undefined;
  /** How long an answer of a chat is, in tokens, before `max_tokens` cuts it. Default: a median of 120, sigma 0.6. */
  outputTokens?: LogNormal | undefined;
  /** What goes wrong, such as `503@10s-70s` or `429:1%`: see {@link parseFault}. Default: nothing. */
  faults?: readonly (string | Fault)[] | undefined;
  /** Of all randomness. The same seed and the same keys give the same answers, in whatever order. Default: 1. */
  seed?: number | undefined;
  /** Default: the machine's. */
  clock?: Clock | undefined;
}

const rate = z.number('expected a number above 0').positive('expected a number above 0').optional();
const logNormal = (least: number) =>
  z.strictObject({ median: numberFrom(least, 1e9), sigma: numberFrom(0, 5) });

const schema = z.strictObject({
  limits: z
    .strictObject({
      mode: z
        .enum(['bucket', 'window', 'slices', 'hidden'], "expected 'bucket', 'window', 'slices' or 'hidden'")
        .optional(),
      tokensPerMinute: rate,
      requestsPerMinute: rate,
      start: z.enum(['full', 'empty'], "expected 'full' or 'empty'").optional(),
      changes: z
        .array(z.strictObject({ atMs: numberFrom(0, 1e12), factor: numberFrom(0.001, 1000) }))
        .optional(),
    })
    .optional(),
  latencyMs: logNormal(0).optional(),
  outputTokens: logNormal(1).optional(),
  faults: z.array(z.union([z.string(), z.custom<Fault>()])).optional(),
  seed: count(0, 2 ** 32 - 1).optional(),
  clock: z.custom<Clock>().optional(),
});

/** The options as they are used: all there, faults parsed, changes in the order of time. */
export interface SimulatedSettings {
  readonly mode: LimitMode;
  readonly tokensPerMinute: number | undefined;
  readonly requestsPerMinute: number | undefined;
  readonly isEmpty: boolean;
  readonly changes: readonly LimitChange[];
  readonly latencyMs: LogNormal;
  readonly outputTokens: LogNormal;
  readonly faults: readonly Fault[];
  readonly seed: number;
  readonly clock: Clock;
}

/** @throws MillraceError `MILLRACE_INVALID_ARGUMENT` */
export function simulatedSettings(options: SimulatedApiOptions): SimulatedSettings {
  checkOptions('SimulatedApi', schema, options);
  const { limits = {}, faults = [] } = options;
  return {
    mode: limits.mode ?? 'bucket',
    tokensPerMinute: limits.tokensPerMinute,
    requestsPerMinute: limits.requestsPerMinute,
    isEmpty: limits.start === 'empty',
    changes: [...(limits.changes ?? [])].sort((a, b) => a.atMs - b.atMs),
    latencyMs: options.latencyMs ?? { median: 400, sigma: 0.4 },
    outputTokens: options.outputTokens ?? { median: 120, sigma: 0.6 },
    faults: faults.map((fault) => (typeof fault === 'string' ? parseFault(fault) : fault)),
    seed: options.seed ?? 1,
    clock: options.clock ?? systemClock,
  };
}
