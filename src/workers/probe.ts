import { workerData } from 'node:worker_threads';
import { packError } from '../shared/error-transport.js';
import { loadFunction } from '../shared/load-function.js';

/** Tells a waiting main thread whether a file loads here: [0] becomes 1, [1] is the length of the error as JSON. */
const { url, exportName, verdict } = workerData as {
  url: string;
  exportName: string;
  verdict: SharedArrayBuffer;
};
const words = new Int32Array(verdict, 0, 2);
const MAX_MESSAGE = 4000;

function answer(failure?: { error: unknown }): void {
  if (failure) {
    const { error } = failure;
    const isError = error instanceof Error;
    const message = isError ? error.message : `it threw ${String(error)}`;
    const name = isError ? error.name : 'Error';
    const short = Object.assign(new Error(message.slice(0, MAX_MESSAGE)), { name });
    const json = Buffer.from(JSON.stringify(packError(short)));
    new Uint8Array(verdict, 8).set(json);
    words[1] = json.length;
  }
  Atomics.store(words, 0, 1);
  Atomics.notify(words, 0);
}

const onExit = () => answer({ error: new Error('it ended the thread while it was loading') });
process.once('exit', onExit);
loadFunction(url, exportName)
  .then(
    () => answer(),
    (error: unknown) => answer({ error }),
  )
  .finally(() => process.off('exit', onExit));
