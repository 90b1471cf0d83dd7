import { fileURLToPath } from 'node:url';
import type { SharedMatrix } from 'millrace';
import type { Missing } from './compare.js';
import type { NativeWork } from './native/work.js';
import { PeerProcess } from './peer-process.js';

const SCRIPT = fileURLToPath(new URL('native/process.js', import.meta.url));

/** Starts one native package in this version of Node, with as many threads if it can have them. */
export function startNative(
  work: NativeWork['work'],
  vectors: SharedMatrix,
  threads: number,
): Promise<PeerProcess<NativeWork> | Missing> {
  const args = [SCRIPT, work, String(threads)];
  const advice = 'npm run bench:peers installs it';
  return PeerProcess.start({ command: process.execPath, args, env: process.env, advice }, vectors);
}
