import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { isMainThread } from 'node:worker_threads';

/**
 * After so many bytes of shared memory a collection is due. It takes milliseconds; the main thread's heap is the
 * application's, so there it is done as rarely as memory allows.
 */
const DUE_BYTES = (isMainThread ? 512 : 64) * 2 ** 20;

let seenBytes = 0;
let collect: (() => void) | undefined;

/**
 * Notes that this thread has come to hold so many bytes of shared memory, and from time to time lets go of what
 * it no longer refers to. V8 does not count shared memory when it decides to collect: without this, fifty
 * matrices made and dropped one after the other stay resident all together, in the thread that made them and in
 * each worker that saw them.
 */
export function noteSharedMemory(bytes: number): void {
  seenBytes += bytes;
  if (seenBytes < DUE_BYTES) return;
  seenBytes = 0;
  collect ??= exposeCollector();
  // A worker hands over its result first.
  if (isMainThread) collect();
  else setImmediate(collect);
}

function exposeCollector(): () => void {
  setFlagsFromString('--expose-gc');
  return runInNewContext('gc') as () => void;
}
