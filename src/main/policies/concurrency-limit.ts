import type { AdaptiveRateLimiter } from '../limits/adaptive-rate-limiter.js';
import { ConcurrencyLimit } from '../limits/concurrency-limit.js';
import { admit } from './admit.js';
import { type GatePolicy, gatePolicy } from './gate-policy.js';

/**
 * At most so many calls at once. Give a {@link ConcurrencyLimit} to share it among steps, or to change it; an
 * {@link AdaptiveRateLimiter} around one changes it by itself.
 *
 * @example
 * const step = withPolicies(callApi, concurrencyLimit(50));
 */
export function concurrencyLimit(limit: number | ConcurrencyLimit | AdaptiveRateLimiter): GatePolicy {
  return gatePolicy({ gate: typeof limit === 'number' ? new ConcurrencyLimit(limit) : limit }, admit);
}
