import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { packageRoot } from './package-root.js';

/** Where `npm run bench:peers` puts the peers that are no dependencies of the package. */
export const peersFolder = process.env.MILLRACE_PEERS ?? fileURLToPath(new URL('bench/peers', packageRoot));

/** The Python with numpy that it makes there. */
export const peersPython =
  process.platform === 'win32'
    ? join(peersFolder, 'venv', 'Scripts', 'python.exe')
    : join(peersFolder, 'venv', 'bin', 'python');
