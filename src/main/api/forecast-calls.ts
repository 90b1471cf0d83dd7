import { z } from 'zod';
import type { Clock } from '../../shared/clock.js';
import { checkOptions, count, numberFrom } from '../../shared/options.js';
import { mulberry32 } from '../../shared/random.js';
import { VirtualClock } from '../../shared/virtual-clock.js';
import type { TokenUse } from '../limits/gate.js';
import { MINUTE_MS } from '../limits/rate-budget.js';
import { runConcurrent } from '../run/run-concurrent.js';
import type { Policy } from '../run/step.js';
import { withPolicies } from '../run/with-policies.js';
import { callPolicies, DEFAULT_CONCURRENCY } from './call-policies.js';
import { DEFAULT_MAX_TOKENS, SimulatedApi, type SimulatedRequest } from './simulated-api.js';
import type { SimulatedApiOptions } from './simulated-options.js';
import { simulatedStep } from './simulated-step.js';

/** What a million tokens cost, in any currency. */
export interface TokenPrices {
  /** Default: 0. */
  inputPerMillion?: number | undefined;
  /** Default: 0. */
  outputPerMillion?: number | undefined;
}

export interface ForecastOptions {
  /**
   * What is known of the server: its limits, how long answers take, how many tokens they have, what goes wrong. Default:
   * no limits, and what {@link SimulatedApiOptions} says.
   */
  server?: Omit<SimulatedApiOptions, 'clock'> | undefined;
  /** How many calls are under way at once. Default: 32. */
  concurrency?: number | undefined;
  /** Default: none, and no cost. */
  prices?: TokenPrices | undefined;
  /**
   * The policies of the run, outermost first, on the clock that is given. Default: those of `embedTexts`, at the limits
   * of the server: 8 attempts, a circuit breaker, a budget of what the calls say, a timeout of 60 seconds.
   */
  policies?: ((clock: Clock) => readonly Policy<SimulatedRequest, TokenUse>[]) | undefined;
  signal?: AbortSignal | undefined;
}

/** How a run will go. */
export interface Forecast {
  /** From the first call's turn to the last answer, in milliseconds. */
  readonly wallMs: number;
  readonly calls: number;
  /** What the server is sent: one for each call, and one for each attempt beyond the first. */
  readonly requests: number;
  /** Of all answers, as a server counts them and is paid for. */
  readonly inputTokens: number;
  readonly outputTokens: number;
  /** In the currency of the prices; null without prices. */
  readonly cost: number | null;
  /** The share of the limit of tokens that is used over the whole time, from 0 to 1; null without such a limit. */
  readonly tokenUse: number | null;
  /** The same for requests. */
  readonly requestUse: number | null;
}

const price = numberFrom(0, Number.MAX_VALUE).optional();
const schema = z.strictObject({
  server: z.looseObject({}).optional(),
  concurrency: count(1).optional(),
  prices: z.strictObject({ inputPerMillion: price, outputPerMillion: price }).optional(),
  policies: z.custom<never>((value) => typeof value === 'function', 'expected a function').optional(),
  signal: z.custom<AbortSignal>().optional(),
});

/**
 * Foretells how a run of calls will go: how long it takes, what it sends, and what it costs. The run is made by the same
 * runner, with the same limiter and policies, on a virtual clock, against a simulated server of which no more is given
 * than how its latencies and lengths are spread; ten minutes take about a second. There is no network, and no key.
 *
 * @param calls - what each call weighs, in tokens; in the order of the run
 * @throws MillraceError `MILLRACE_INVALID_ARGUMENT`; `MILLRACE_OVER_LIMIT` for a call that is larger than a whole limit;
 * the error of the first call that fails for good, by the faults of `server`; `signal.reason`
 *
 * @example
 * const { wallMs, cost } = await forecastCalls(
 *   chunks.map(({ tokens }) => ({ promptTokens: tokens + 40, maxTokens: 200 })),
 *   {
 *     server: {
 *       limits: { tokensPerMinute: 1_000_000, requestsPerMinute: 10_000 },
 *       latencyMs: { median: 900, sigma: 0.4 },
 *       outputTokens: { median: 120, sigma: 0.6 },
 *     },
 *     concurrency: 64,
 *     prices: { inputPerMillion: 0.15, outputPerMillion: 0.6 },
 *   },
 * );
 */
export async function forecastCalls(
  calls: readonly SimulatedRequest[],
  options: ForecastOptions = {},
): Promise<Forecast> {
  checkOptions('forecastCalls', schema, options);
  const { server = {}, concurrency = DEFAULT_CONCURRENCY, prices, signal } = options;
  const clock = new VirtualClock();
  const api = new SimulatedApi({ ...server, clock });
  const policies = options.policies?.(clock) ?? defaultPolicies(api, clock);
  const step = withPolicies(simulatedStep<SimulatedRequest>(api, asIs), ...policies);
  await clock.run(runConcurrent(calls, step, { concurrency, signal }));
  return forecastOf(api, calls.length, clock.now(), prices);
}

function asIs(request: SimulatedRequest): SimulatedRequest {
  return request;
}

function defaultPolicies({ settings }: SimulatedApi, clock: Clock) {
  const { tokensPerMinute, requestsPerMinute, seed } = settings;
  return callPolicies<SimulatedRequest>({
    rates: { tokensPerMinute, requestsPerMinute },
    estimateTokens: ({ promptTokens, maxTokens = DEFAULT_MAX_TOKENS }) => ({
      inputTokens: promptTokens,
      outputTokens: maxTokens,
    }),
    clock,
    random: mulberry32(seed),
  });
}

function forecastOf(
  api: SimulatedApi,
  calls: number,
  wallMs: number,
  prices: TokenPrices | undefined,
): Forecast {
  const { tokensPerMinute, requestsPerMinute } = api.settings;
  const { requests, tokensSettled, outputTokensSettled } = api.stats();
  const inputTokens = tokensSettled - outputTokensSettled;
  const share = (used: number, perMinute: number | undefined) =>
    perMinute === undefined || wallMs === 0 ? null : (used * MINUTE_MS) / (perMinute * wallMs);
  return {
    wallMs,
    calls,
    requests,
    inputTokens,
    outputTokens: outputTokensSettled,
    cost: prices === undefined ? null : costOf(inputTokens, outputTokensSettled, prices),
    tokenUse: share(tokensSettled, tokensPerMinute),
    requestUse: share(requests, requestsPerMinute),
  };
}

function costOf(input: number, output: number, { inputPerMillion = 0, outputPerMillion = 0 }: TokenPrices) {
  return (input * inputPerMillion + output * outputPerMillion) / 1e6;
}
