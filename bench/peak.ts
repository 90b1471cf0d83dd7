import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { packageRoot } from './package-root.js';

const MODULE = fileURLToPath(new URL('bench/build/peak.wasm', packageRoot));
const SCRIPT = fileURLToPath(new URL('peak-process.js', import.meta.url));

/** One line about the most that WebAssembly can reach here, or undefined if that can't be measured. */
export async function describePeak(): Promise<string | undefined> {
  if (!existsSync(MODULE)) return undefined;
  try {
    const { stdout } = await promisify(execFile)(process.execPath, [SCRIPT, MODULE]);
    return `FMA peak of 128-bit WebAssembly: ${Number(stdout).toFixed(1)} GFLOP/s a thread`;
  } catch {
    return undefined;
  }
}
