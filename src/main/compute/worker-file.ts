import { existsSync, statSync } from 'node:fs';
import { extname } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { Worker } from 'node:worker_threads';
import { type TransportedError, unpackError } from '../../shared/error-transport.js';
import { errorMessage, MillraceError } from '../../shared/errors.js';

const EXTENSIONS = ['.js', '.mjs', '.cjs'];
const PROBE = new URL('../../workers/probe.js', import.meta.url);
/** A file that has not loaded by then waits for something that never comes, such as a message. */
const PROBE_TIMEOUT_MS = 10_000;

const checked = new Set<string>();

/**
 * Makes sure that a worker thread can load `file` and finds the function `exportName` in it, by loading it once
 * in a thread of its own while the caller waits (some 40 ms, once for each file and export).
 *
 * @returns the file's URL
 * @throws MillraceError `MILLRACE_WORKER_FILE`, with what the file threw as `cause`.
 */
export function checkWorkerFile(file: URL | string, exportName: string): string {
  const url = file instanceof URL ? file : pathToFileURL(file);
  const problem = findProblem(url);
  if (problem !== undefined) throw refusal(url, problem);
  const key = `${url.href} ${exportName}`;
  if (checked.has(key)) return url.href;
  probe(url, exportName);
  checked.add(key);
  return url.href;
}

function findProblem(url: URL): string | undefined {
  if (url.protocol !== 'file:') return `expected a file: URL, received ${url.protocol}`;
  const path = fileURLToPath(url);
  const extension = extname(path);
  if (extension === '.ts' || extension === '.mts' || extension === '.cts') {
    return 'TypeScript files do not load in worker threads on Node 20: build it first and name the .js file';
  }
  if (!EXTENSIONS.includes(extension))
    return `expected one of ${EXTENSIONS.join(', ')}, received "${extension}"`;
  if (!existsSync(path)) return 'there is no such file';
  if (!statSync(path).isFile()) return 'it is not a file';
  return undefined;
}

/** Loads the file in a thread and waits for its verdict: [0] is the state, [1] the length of the JSON that follows. */
function probe(url: URL, exportName: string): void {
  const verdict = new SharedArrayBuffer(64 * 1024);
  const words = new Int32Array(verdict, 0, 2);
  const worker = new Worker(PROBE, { workerData: { url: url.href, exportName, verdict } });
  worker.on('error', () => {});
  worker.unref();
  const waited = Atomics.wait(words, 0, 0, PROBE_TIMEOUT_MS);
  void worker.terminate();
  if (waited === 'timed-out') throw refusal(url, `it did not finish loading in ${PROBE_TIMEOUT_MS} ms`);
  if (words[1] === 0) return;
  const json = Buffer.from(new Uint8Array(verdict, 8, words[1])).toString();
  const cause = unpackError(JSON.parse(json) as TransportedError);
  throw refusal(url, errorMessage(cause), cause);
}

function refusal(url: URL, problem: string, cause?: unknown): MillraceError {
  return new MillraceError('MILLRACE_WORKER_FILE', `worker file ${url.href}: ${problem}`, { cause });
}
