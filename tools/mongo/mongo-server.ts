import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rename, rm } from 'node:fs/promises';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** The Go module of the server; the compiled form of this file is one folder deeper. */
const source = [new URL('./server/', import.meta.url), new URL('../../mongo/server/', import.meta.url)]
  .map((url) => fileURLToPath(url))
  .find((folder) => existsSync(join(folder, 'go.mod')))!;

/** Why there can be no server on this machine, or undefined if there can. */
export async function whyNoMongoServer(): Promise<string | undefined> {
  if (existsSync(await binaryPath())) return undefined;
  try {
    await run('go', ['version']);
    return undefined;
  } catch {
    return 'there is neither a MongoDB (set MONGODB_URI) nor Go, which builds FerretDB';
  }
}

/**
 * The server's binary, built on first use (a minute, or seconds if Go's caches are warm) into `$XDG_CACHE_HOME/millrace`,
 * by a name that changes with its sources.
 *
 * @param onBuild is called before it is built
 * @throws what `go build` says
 */
export async function buildMongoServer(onBuild: () => void = () => {}): Promise<string> {
  const binary = await binaryPath();
  if (existsSync(binary)) return binary;
  onBuild();
  await mkdir(cacheFolder, { recursive: true });
  const unfinished = `${binary}.${process.pid}`;
  await run('go', ['build', '-o', unfinished, '.'], { cwd: source });
  await rename(unfinished, binary);
  return binary;
}

const cacheFolder = join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'millrace');

async function binaryPath(): Promise<string> {
  const hash = createHash('sha256');
  for (const name of ['main.go', 'go.mod', 'go.sum']) hash.update(await readFile(join(source, name)));
  return join(
    cacheFolder,
    `ferretdb-${hash.digest('hex').slice(0, 16)}${process.platform === 'win32' ? '.exe' : ''}`,
  );
}

/** A server of one's own, with an empty folder for its data. It ends with this process, whatever ends that. */
export class MongoServer implements AsyncDisposable {
  private child: ChildProcess | undefined;
  private address = '127.0.0.1:0';

  private constructor(
    private readonly binary: string,
    private readonly folder: string,
  ) {}

  /** Starts it on a free port. @throws what `buildMongoServer` throws */
  static async start(onBuild?: () => void): Promise<MongoServer> {
    const binary = await buildMongoServer(onBuild);
    const server = new MongoServer(binary, await mkdtemp(join(tmpdir(), 'millrace-mongo-')));
    await server.start();
    return server;
  }

  get uri(): string {
    return `mongodb://${this.address}/`;
  }

  /** Starts it again, after `kill`: the same data and the same port. */
  async start(): Promise<void> {
    const child = spawn(this.binary, ['-listen', this.address, '-folder', this.folder], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    this.child = child;
    // Lines of the log come on standard error; the one on standard output is the URI.
    const lines = createInterface({ input: child.stdout! });
    const [line] = (await Promise.race([
      once(lines, 'line'),
      once(child, 'exit').then(([code]) => {
        throw new Error(`the server ended with ${code} before it listened`);
      }),
    ])) as [string];
    this.address = new URL(line).host;
  }

  /** kill -9, and waits until it is gone. Its data stay. */
  async kill(): Promise<void> {
    await this.end('SIGKILL');
  }

  /** Ends it, and removes its data. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.end('SIGTERM');
    await rm(this.folder, { recursive: true, force: true });
  }

  private async end(signal: NodeJS.Signals): Promise<void> {
    const { child } = this;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const exit = once(child, 'exit');
    child.kill(signal);
    await exit;
  }
}
