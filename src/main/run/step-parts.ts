/** By step or policy: the limiters, circuit breakers and caches that are in it. */
const parts = new WeakMap<object, ReadonlySet<object>>();
const NONE: ReadonlySet<object> = new Set();

/** What a step or policy consists of, beside functions: its limiters, circuit breakers and caches, for metrics. */
export function partsOf(step: object): ReadonlySet<object> {
  return parts.get(step) ?? NONE;
}

/** Notes what is in a step or policy, and returns it. */
export function withParts<T extends object>(step: T, ...found: readonly object[]): T {
  if (found.length > 0) parts.set(step, new Set([...partsOf(step), ...found]));
  return step;
}
