import { admit } from '../policies/admit.js';
import { type GateUse, gateUseOf } from '../policies/gate-policy.js';
import type { Policy, Step } from './step.js';
import { partsOf, withParts } from './step-parts.js';

/**
 * A step inside of policies, the outermost first: `withPolicies(step, retry(), timeout(30_000))` tries again what
 * timed out. Circuit breakers, token budgets and concurrency limits that stand side by side are passed as one: a call
 * that waits for one holds nothing of the others.
 *
 * @example
 * const step = withPolicies(callApi, cache(answers), retry(), tokenBudget(limiter), timeout(30_000), classify());
 */
export function withPolicies<I, O>(
  step: Step<I, O>,
  ...policies: readonly Policy<NoInfer<I>, NoInfer<O>>[]
): Step<I, O> {
  let wrapped = step;
  let gates: GateUse[] = [];
  const wrap = (policy: Policy<I, O>, ...parts: readonly object[]) => {
    wrapped = withParts(policy(wrapped), ...partsOf(wrapped), ...parts);
  };
  const pass = () => {
    if (gates.length > 0) wrap(admit(gates), ...gates.map(({ gate }) => gate));
    gates = [];
  };
  for (const policy of [...policies].reverse()) {
    const gate = gateUseOf(policy as unknown as Policy<never, never>);
    if (gate !== undefined) {
      gates.unshift(gate);
    } else {
      pass();
      wrap(policy, ...partsOf(policy));
    }
  }
  pass();
  return wrapped;
}
