import { ConcurrencyLimit } from '../limits/concurrency-limit.js';
import { admit } from './admit.js';
import { type GatePolicy, gatePolicy } from './gate-policy.js';

/**
 * At most so many calls at once. Give a {@link ConcurrencyLimit} to share it among steps, or to change it.
 *
 * @example
 * const step = withPolicies(callApi, concurrencyLimit(50));
 */
export function concurrencyLimit(limit: number | ConcurrencyLimit): GatePolicy {
  return gatePolicy({ gate: typeof limit === 'number' ? new ConcurrencyLimit(limit) : limit }, admit);
}
