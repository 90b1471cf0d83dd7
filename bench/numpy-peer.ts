import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { SharedMatrix } from 'millrace';
import type { Missing } from './compare.js';
import { packageRoot } from './package-root.js';
import { PeerProcess } from './peer-process.js';
import { peersPython } from './peers-folder.js';

/** What numpy_peer.py can be asked for. */
export type NumpyWork =
  | { work: 'edges' | 'edges-expert'; threshold: number }
  | { work: 'nearest'; k: number }
  | { work: 'dense-ssyrk' | 'dense-sgemm' };

const SCRIPT = fileURLToPath(new URL('bench/numpy_peer.py', packageRoot));
const PYTHON = process.env.MILLRACE_PYTHON ?? (existsSync(peersPython) ? peersPython : 'python3');
/** Every BLAS that numpy may have been built with reads one of these. */
const THREAD_VARIABLES = [
  'OPENBLAS_NUM_THREADS',
  'OMP_NUM_THREADS',
  'MKL_NUM_THREADS',
  'VECLIB_MAXIMUM_THREADS',
];

/** Starts numpy with as many BLAS threads. */
export function startNumpy(
  vectors: SharedMatrix,
  threads: number,
): Promise<PeerProcess<NumpyWork> | Missing> {
  const counts = Object.fromEntries(THREAD_VARIABLES.map((name) => [name, String(threads)]));
  const advice = 'npm run bench:peers installs numpy, MILLRACE_PYTHON names another Python';
  const env = { ...environment(), ...counts };
  return PeerProcess.start({ command: PYTHON, args: [SCRIPT], env, advice }, vectors);
}

/** One line about which numpy that is, and which BLAS runs in it. */
export async function describeNumpy(): Promise<string> {
  try {
    const { stdout } = await promisify(execFile)(PYTHON, [SCRIPT], { env: environment() });
    const { description, missing } = JSON.parse(stdout) as { description?: string; missing?: string };
    return description ?? `no numpy: ${missing}`;
  } catch {
    return `no numpy: ${PYTHON} can't be run`;
  }
}

/** Without what makes OpenBLAS choose other kernels and block sizes than its own for this processor. */
function environment(): NodeJS.ProcessEnv {
  const { OPENBLAS_CORETYPE, OPENBLAS_L2_SIZE, ...rest } = process.env;
  return rest;
}
