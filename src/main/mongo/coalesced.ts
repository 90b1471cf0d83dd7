import type { Step } from '../run/step.js';

/**
 * Inputs with the same key share one call, while it is under way, or (`keeps`) for good. Who waits for another's call holds
 * no slot. A call that failed is made again by whoever comes next.
 */
export function coalesced<I, O>(step: Step<I, O>, keyOf: (input: I) => string, keeps: boolean): Step<I, O> {
  const calls = new Map<string, Promise<O>>();
  return async (input, context) => {
    const key = keyOf(input);
    const known = calls.get(key);
    if (known !== undefined) return context.waitOutsideSlot('coalesced', () => known);
    const call = (async () => step(input, context))();
    calls.set(key, call);
    const forget = () => calls.delete(key);
    call.then(keeps ? () => {} : forget, forget);
    return call;
  };
}
