import { CircuitBreaker, type CircuitBreakerOptions } from '../limits/circuit-breaker.js';
import { admit } from './admit.js';
import { type GatePolicy, gatePolicy } from './gate-policy.js';

/**
 * Makes no calls while the other side fails: see {@link CircuitBreaker}. Calls wait until it is back, without a slot.
 * Give a breaker to share it among steps, or to look at it.
 *
 * @example
 * const step = withPolicies(callApi, retry(), circuitBreaker({ failureThreshold: 10, openMs: 60_000 }));
 */
export function circuitBreaker(breaker: CircuitBreaker | CircuitBreakerOptions = {}): GatePolicy {
  return gatePolicy(
    { gate: breaker instanceof CircuitBreaker ? breaker : new CircuitBreaker(breaker) },
    admit,
  );
}
