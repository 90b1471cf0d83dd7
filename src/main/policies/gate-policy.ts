import type { Gate, TokenUse } from '../limits/gate.js';
import type { Policy, Step } from '../run/step.js';
import { withParts } from '../run/step-parts.js';

const GATE = Symbol('millrace.gate');

/** A gate as a policy brings it, and what a call takes of it. */
export interface GateUse {
  readonly gate: Gate;
  /** What a call is expected to take. */
  readonly estimate?: (input: never) => number | TokenUse;
  /** What a call took, as its output tells. */
  readonly usage?: (output: never) => TokenUse | undefined;
}

/** A policy that lets calls through a gate. `withPolicies` makes neighbours of this kind one admission. */
export type GatePolicy = (<I, O>(next: Step<I, O>) => Step<I, O>) & { readonly [GATE]: GateUse };

export function gatePolicy(
  use: GateUse,
  apply: (uses: readonly GateUse[]) => <I, O>(next: Step<I, O>) => Step<I, O>,
): GatePolicy {
  const policy = <I, O>(next: Step<I, O>) => apply([use])(next);
  return withParts(Object.assign(policy, { [GATE]: use }), use.gate);
}

/** The gate of a policy, if it is one of these. */
export function gateUseOf(policy: Policy<never, never>): GateUse | undefined {
  return (policy as Partial<GatePolicy>)[GATE];
}
