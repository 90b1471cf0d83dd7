/** For each signal what is to be called when it aborts. */
const listeners = new WeakMap<AbortSignal, Set<() => void>>();

/**
 * Calls `listener` once when the signal aborts. However much work waits for one signal, the signal itself has a single
 * listener: Node takes more than ten for a leak, and warns.
 */
export function addAbortListener(signal: AbortSignal, listener: () => void): void {
  const known = listeners.get(signal);
  if (known) {
    known.add(listener);
    return;
  }
  listeners.set(signal, new Set([listener]));
  signal.addEventListener('abort', onAbort, { once: true });
}

/** The last listener of a signal takes that of the signal along. */
export function removeAbortListener(signal: AbortSignal, listener: () => void): void {
  const known = listeners.get(signal);
  known?.delete(listener);
  if (known?.size !== 0) return;
  listeners.delete(signal);
  signal.removeEventListener('abort', onAbort);
}

function onAbort(this: AbortSignal): void {
  const known = listeners.get(this);
  listeners.delete(this);
  for (const listener of known ?? []) listener();
}
