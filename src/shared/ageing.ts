/**
 * So long something of one level of priority less has to wait until it goes before what is new. Whoever waits is
 * ordered by the time of arrival plus the priority times this: a key that never changes, although everybody's chances
 * grow. Hence the lowest of n levels waits at most n times this longer than the highest.
 */
const AGEING_MS_A_LEVEL = 1000;

/** The place in a queue of something that arrived at `now`, in milliseconds; lower priorities go first. */
export function ageingKey(now: number, priority: number): number {
  return now + priority * AGEING_MS_A_LEVEL;
}
