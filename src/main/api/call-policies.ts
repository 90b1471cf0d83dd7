import { type Clock, systemClock } from '../../shared/clock.js';
import type { TokenUse } from '../limits/gate.js';
import { Limiter } from '../limits/limiter.js';
import type { Rates } from '../limits/limiter-options.js';
import { circuitBreaker } from '../policies/circuit-breaker.js';
import { retry } from '../policies/retry.js';
import { timeout } from '../policies/timeout.js';
import { tokenBudget } from '../policies/token-budget.js';
import type { Step } from '../run/step.js';

/** How many requests are under way at once, where nobody says. */
export const DEFAULT_CONCURRENCY = 32;

export interface CallPolicyOptions<I> {
  rates: Rates;
  /** What a call reserves. */
  estimateTokens: (input: I) => TokenUse;
  /** How long an attempt may take. Default: 60,000. */
  timeoutMs?: number | undefined;
  /** For simulations. */
  clock?: Clock | undefined;
  /** Numbers in [0, 1), for the waits before retries. Default: `Math.random`. */
  random?: (() => number) | undefined;
}

/** The policies around calls of an API within its limits, outermost first: the same for a run and for its forecast. */
export function callPolicies<I>(
  options: CallPolicyOptions<I>,
): readonly (<In, Out>(next: Step<In, Out>) => Step<In, Out>)[] {
  const { rates, estimateTokens, timeoutMs = 60_000, clock = systemClock, random } = options;
  return [
    retry({ maxAttempts: 8, clock, random }),
    circuitBreaker({ clock }),
    tokenBudget(new Limiter({ ...rates, clock }), { estimateTokens }),
    timeout(timeoutMs, { clock }),
  ];
}
