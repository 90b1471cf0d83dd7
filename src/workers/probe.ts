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

function answer(error?: unknown): void {
  if (error !== undefined) {
    const message = error instanceof Error ? error.message : String(error);
    const short = Object.assign(new Error(message.slice(0, MAX_MESSAGE)), { name: (error as Error).name });
    const json = Buffer.from(JSON.stringify(packError(short)));
    new Uint8Array(verdict, 8).set(json);
    words[1] = json.length;
  }
  Atomics.store(words, 0, 1);
  Atomics.notify(words, 0);
}

const onExit = () => answer(new Error('it ended the thread while it was loading'));
process.once('exit', onExit);
loadFunction(url, exportName)
  .then(() => answer(), answer)
  .finally(() => process.off('exit', onExit));
