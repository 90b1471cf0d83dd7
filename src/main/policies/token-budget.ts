import type { AdaptiveRateLimiter } from '../limits/adaptive-rate-limiter.js';
import type { TokenUse } from '../limits/gate.js';
import type { Limiter } from '../limits/limiter.js';
import { admit } from './admit.js';
import { type GatePolicy, gatePolicy } from './gate-policy.js';

export interface TokenBudgetOptions<I, O> {
  /**
   * What a call is expected to take. A number is of input tokens. For the output give what the request allows
   * (`max_tokens`), which is what servers reserve. How far input estimates are off is learned. Default: 0, so that
   * only requests are counted.
   */
  estimateTokens?: (input: I) => number | TokenUse;
  /** What a call really took, where the step doesn't report it. */
  usage?: (output: O) => TokenUse | undefined;
}

/**
 * Lets a call through when the limiter has room for it: see {@link Limiter}. An
 * {@link AdaptiveRateLimiter} finds out how much room there is.
 *
 * @example
 * const limiter = limiters.get('openai:gpt-4o-mini', { tokensPerMinute: 1_000_000, requestsPerMinute: 10_000 });
 * const step = withPolicies(extract, tokenBudget(limiter, { estimateTokens: (chunk) => chunk.tokens }));
 */
export function tokenBudget<I = never, O = never>(
  limiter: Limiter | AdaptiveRateLimiter,
  options: TokenBudgetOptions<I, O> = {},
): GatePolicy {
  const { estimateTokens: estimate, usage } = options;
  return gatePolicy({ gate: limiter, ...(estimate && { estimate }), ...(usage && { usage }) }, admit);
}
