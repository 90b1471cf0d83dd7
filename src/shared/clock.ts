/** Time, as everything that waits sees it. Tests and simulations bring one of their own. */
export interface Clock {
  /** Milliseconds since a moment that never changes. It never goes back. */
  now(): number;
  /**
   * Calls back once, `delayMs` from now or a little later. A delay above 24 days ends early, so whoever is called
   * back looks at the time. The function returned takes the call back.
   */
  schedule(callback: () => void, delayMs: number): () => void;
}

/** The longest delay that `setTimeout` takes. */
const LONGEST_MS = 2 ** 31 - 1;

/** The machine's monotonic clock. */
export const systemClock: Clock = {
  now: () => performance.now(),
  schedule(callback, delayMs) {
    const timer = setTimeout(callback, Math.min(delayMs, LONGEST_MS));
    return () => clearTimeout(timer);
  },
};

/** Ends after `delayMs`, or rejects with the signal's reason, and leaves neither timer nor listener behind. */
export function sleep(clock: Clock, delayMs: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(signal.reason);
    const cancel = clock.schedule(() => {
      signal?.removeEventListener('abort', onAbort);
      resolve();
    }, delayMs);
    const onAbort = () => {
      cancel();
      reject(signal?.reason);
    };
    signal?.addEventListener('abort', onAbort, { once: true });
  });
}
