import { z } from 'zod';
import type { Clock } from '../../shared/clock.js';

/** What a minute may bring; what isn't named isn't limited. */
export interface Rates {
  requestsPerMinute?: number | undefined;
  /** Input and output together. */
  tokensPerMinute?: number | undefined;
  inputTokensPerMinute?: number | undefined;
  outputTokensPerMinute?: number | undefined;
}

export interface LimiterOptions extends Rates {
  /**
   * How the server counts. `bucket`: a continuous refill. `window`: never more than the limit in any 60 seconds; some
   * of it is unused while calls are under way. Default: `bucket`.
   */
  counting?: 'bucket' | 'window' | undefined;
  /**
   * What may be saved up while nothing is sent, in seconds of the limit. For `bucket`. The less, the more evenly calls
   * are sent, which servers that count by the second need. Default: 0.1.
   */
  burstSeconds?: number | undefined;
  /**
   * What is there at the first call: `call`, so that it needn't wait for the limit of requests; `nothing`, for a server
   * whose limit is used up: so nothing is sent before it can have room for it. For `bucket`. Default: `call`.
   */
  start?: 'call' | 'nothing' | undefined;
  /** A call that is larger than a whole minute's limit is an `error`, or runs `alone`. Default: `error`. */
  oversize?: 'error' | 'alone' | undefined;
  /** For tests and simulations. */
  clock?: Clock | undefined;
}

const positive = z.number('expected a number above 0').positive('expected a number above 0').optional();
export const limiterSchema = z.strictObject({
  requestsPerMinute: positive,
  tokensPerMinute: positive,
  inputTokensPerMinute: positive,
  outputTokensPerMinute: positive,
  counting: z.enum(['bucket', 'window'], "expected 'bucket' or 'window'").optional(),
  burstSeconds: positive,
  start: z.enum(['call', 'nothing'], "expected 'call' or 'nothing'").optional(),
  oversize: z.enum(['error', 'alone'], "expected 'error' or 'alone'").optional(),
  clock: z.custom<Clock>().optional(),
});
