import { setMaxListeners } from 'node:events';

/** How long what is under way may still be answered after an abort. */
const GRACE_MS = 1000;

const lateSignals = new WeakMap<AbortSignal, AbortSignal>();

/**
 * Aborts a second after a signal, for the same reason: until then a server may answer what is under way. Always the same one
 * for a signal, so that the second is counted once, however many calls are under way, and however many follow.
 */
export function graceAfter(signal: AbortSignal): AbortSignal {
  const known = lateSignals.get(signal);
  if (known !== undefined) return known;
  const late = new AbortController();
  setMaxListeners(0, late.signal); // One for each call that is under way.
  const begin = () => setTimeout(() => late.abort(signal.reason), GRACE_MS).unref();
  if (signal.aborted) begin();
  else signal.addEventListener('abort', begin, { once: true });
  lateSignals.set(signal, late.signal);
  return late.signal;
}

/** What a call gives, or the signal's reason if it aborts before: what becomes of the call interests nobody then. */
export function untilAborted<T>(call: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return call;
  return new Promise((resolve, reject) => {
    const onAbort = () => reject(signal.reason);
    if (signal.aborted) onAbort();
    else signal.addEventListener('abort', onAbort, { once: true });
    call.then(resolve, reject).finally(() => signal.removeEventListener('abort', onAbort));
  });
}
