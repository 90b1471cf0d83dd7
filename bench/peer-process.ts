import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { SharedMatrix } from 'millrace';
import type { Missing, Timed } from './compare.js';

/** How a peer's process is started; two arguments are added, the file with the vectors and the one for answers. */
export interface PeerCommand {
  command: string;
  args: readonly string[];
  env: NodeJS.ProcessEnv;
  /** What to do about a command that isn't there. */
  advice: string;
}

/**
 * A peer in a process that is started once, loads the vectors once, and works when it is asked to, so that its runs
 * take turns with ours. It times its own work: starting it, talking to it and reading its answer is not counted. It
 * answers when its threads are quiet again, so that they are not in the way of whoever runs next.
 *
 * @typeParam W - what it can be asked for
 */
export class PeerProcess<W extends { work: string }> implements AsyncDisposable {
  private constructor(
    private readonly child: ChildProcess,
    private readonly lines: AsyncIterator<string>,
    private readonly folder: string,
  ) {}

  /** Says why, if the command or what it needs isn't there. */
  static async start<W extends { work: string }>(
    { command, args, env, advice }: PeerCommand,
    vectors: SharedMatrix,
  ): Promise<PeerProcess<W> | Missing> {
    const folder = await mkdtemp(join(tmpdir(), 'millrace-bench-'));
    await writeFile(join(folder, 'vectors.npy'), vectors.toNpy());
    const child = spawn(command, [...args, join(folder, 'vectors.npy'), join(folder, 'answer.npy')], {
      stdio: ['pipe', 'pipe', 'inherit'],
      env,
    });
    const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
    const peer = new PeerProcess<W>(child, lines, folder);
    const why = await peer.whyNotReady();
    if (why === undefined) return peer;
    await peer[Symbol.asyncDispose]();
    return { why: `${command}: ${why} (${advice})` };
  }

  /** @returns what it wrote: an m × 3 matrix of source, target and similarity, or rows of the dense matrix. */
  async run(work: W): Promise<Timed<SharedMatrix>> {
    this.child.stdin!.write(`${JSON.stringify(work)}\n`);
    const { elapsedMs } = await this.nextLine<{ elapsedMs: number }>();
    return { elapsedMs, answer: SharedMatrix.fromNpy(await readFile(join(this.folder, 'answer.npy'))) };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const { child } = this;
    if (child.pid !== undefined && child.exitCode === null && child.signalCode === null) {
      const exit = once(child, 'exit');
      child.stdin!.end();
      await exit;
    }
    await rm(this.folder, { recursive: true, force: true });
  }

  private async whyNotReady(): Promise<string | undefined> {
    try {
      await once(this.child, 'spawn');
      return (await this.nextLine<{ missing?: string }>()).missing;
    } catch (error) {
      const { code, message } = error as NodeJS.ErrnoException;
      return code === 'ENOENT' ? 'not found' : message;
    }
  }

  private async nextLine<T>(): Promise<T> {
    const { value, done } = await this.lines.next();
    if (done) throw new Error('the process of the peer ended early');
    return JSON.parse(value) as T;
  }
}
