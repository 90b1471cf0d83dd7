import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { SharedMatrix } from 'millrace';
import type { Missing, Timed } from './compare.js';
import { packageRoot } from './package-root.js';

/** What numpy_peer.py can be asked for. */
export type PythonWork = { work: 'edges'; threshold: number } | { work: 'nearest'; k: number };

const SCRIPT = fileURLToPath(new URL('bench/numpy_peer.py', packageRoot));
const PYTHON = process.env.MILLRACE_PYTHON ?? 'python3';
/** Every BLAS that numpy may have been built with reads one of these. */
const THREAD_VARIABLES = [
  'OPENBLAS_NUM_THREADS',
  'OMP_NUM_THREADS',
  'MKL_NUM_THREADS',
  'VECLIB_MAXIMUM_THREADS',
];

/**
 * numpy in a Python process that is started once, loads the vectors once, and works when it is asked to, so that
 * its runs take turns with ours. It times its own work: starting and talking to it is not counted.
 */
export class PythonPeer implements AsyncDisposable {
  private constructor(
    private readonly child: ChildProcess,
    private readonly lines: AsyncIterator<string>,
    private readonly folder: string,
  ) {}

  /** Starts `MILLRACE_PYTHON`, or `python3`, with as many BLAS threads; says why if that or numpy isn't there. */
  static async start(vectors: SharedMatrix, threads: number): Promise<PythonPeer | Missing> {
    const folder = await mkdtemp(join(tmpdir(), 'millrace-bench-'));
    await writeFile(join(folder, 'vectors.npy'), vectors.toNpy());
    const child = spawn(PYTHON, [SCRIPT, join(folder, 'vectors.npy'), join(folder, 'answer.npy')], {
      stdio: ['pipe', 'pipe', 'inherit'],
      env: {
        ...process.env,
        ...Object.fromEntries(THREAD_VARIABLES.map((name) => [name, String(threads)])),
      },
    });
    const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
    const peer = new PythonPeer(child, lines, folder);
    const why = await peer.whyNotReady();
    if (why === undefined) return peer;
    await peer[Symbol.asyncDispose]();
    return { why };
  }

  /** @returns the pairs that it found, an m × 3 matrix of source, target and similarity. */
  async run(work: PythonWork): Promise<Timed<SharedMatrix>> {
    this.child.stdin!.write(`${JSON.stringify(work)}\n`);
    const { elapsedMs } = await this.nextLine<{ elapsedMs: number }>();
    return { elapsedMs, answer: SharedMatrix.fromNpy(await readFile(join(this.folder, 'answer.npy'))) };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.child.pid !== undefined && this.child.exitCode === null) {
      const exit = once(this.child, 'exit');
      this.child.stdin!.end();
      await exit;
    }
    await rm(this.folder, { recursive: true, force: true });
  }

  private async whyNotReady(): Promise<string | undefined> {
    try {
      await once(this.child, 'spawn');
      const { missing } = await this.nextLine<{ missing?: string }>();
      return missing && `${PYTHON}: ${missing} (MILLRACE_PYTHON names another Python)`;
    } catch (error) {
      const { code, message } = error as NodeJS.ErrnoException;
      const reason = code === 'ENOENT' ? 'not found' : message;
      return `${PYTHON}: ${reason} (MILLRACE_PYTHON names another Python)`;
    }
  }

  private async nextLine<T>(): Promise<T> {
    const { value, done } = await this.lines.next();
    if (done) throw new Error('the Python process ended early');
    return JSON.parse(value) as T;
  }
}
