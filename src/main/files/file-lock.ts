import { randomBytes } from 'node:crypto';
import {
  linkSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { hostname } from 'node:os';
import { errorMessage, hasCode, MillraceError } from '../../shared/errors.js';

/** A holder shows at this interval that it lives; one of another machine that has not for so long is taken for dead. */
const BEAT_MS = 10_000;
const STALE_MS = 60_000;
const ATTEMPTS = 10;

/** The locks of this process. */
const held = new Set<string>();

interface Holder {
  readonly pid: number;
  readonly place: string;
  readonly token: string;
}

/**
 * The right to write a file, for one process at a time: `FILE.lock` beside it, which says who holds it. The lock of a
 * process that died is taken over: at once on the same machine (inside the same container), else after a minute
 * without a sign of life.
 */
export class FileLock implements Disposable {
  private readonly beat: NodeJS.Timeout;

  private constructor(
    private readonly path: string,
    private readonly content: string,
  ) {
    held.add(content);
    this.beat = setInterval(() => this.touch(), BEAT_MS).unref();
  }

  /** @throws MillraceError `MILLRACE_LOCKED`, naming file and holder; `MILLRACE_OUTPUT_FAILED` if it can't be made. */
  static take(file: string): FileLock {
    const path = `${file}.lock`;
    const mine: Holder = { pid: process.pid, place: place(), token: randomBytes(8).toString('hex') };
    const content = JSON.stringify(mine);
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      try {
        writeFileSync(path, content, { flag: 'wx' });
        return new FileLock(path, content);
      } catch (cause) {
        if (!hasCode(cause, 'EEXIST')) {
          throw new MillraceError('MILLRACE_OUTPUT_FAILED', `can't write ${path}: ${errorMessage(cause)}`, {
            cause,
          });
        }
      }
      const found = look(path);
      if (found === undefined) continue;
      if (isAlive(found)) throw locked(file, found.holder);
      bury(path, found.content);
    }
    throw locked(file, look(path)?.holder);
  }

  /** Gives the right back. */
  [Symbol.dispose](): void {
    clearInterval(this.beat);
    held.delete(this.content);
    if (look(this.path)?.content === this.content) rmSync(this.path, { force: true });
  }

  private touch(): void {
    try {
      utimesSync(this.path, new Date(), new Date());
    } catch {
      // Somebody removed it by hand: nothing is left to keep alive.
    }
  }
}

interface Found {
  readonly content: string;
  /** Undefined while the lock is being written. */
  readonly holder: Holder | undefined;
  readonly ageMs: number;
}

function look(path: string): Found | undefined {
  try {
    const ageMs = Date.now() - statSync(path).mtimeMs;
    const content = readFileSync(path, 'utf8');
    return { content, holder: parse(content), ageMs };
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return undefined;
    throw error;
  }
}

function parse(content: string): Holder | undefined {
  try {
    return JSON.parse(content) as Holder;
  } catch {
    return undefined;
  }
}

function isAlive({ content, holder, ageMs }: Found): boolean {
  if (holder?.place !== place()) return ageMs < STALE_MS;
  if (holder.pid === process.pid) return held.has(content);
  try {
    return process.kill(holder.pid, 0);
  } catch (error) {
    return hasCode(error, 'EPERM');
  }
}

/** Where process numbers mean the same processes: the machine, and on Linux its name space of them. */
function place(): string {
  try {
    return `${hostname()} ${readlinkSync('/proc/self/ns/pid')}`;
  } catch {
    return hostname();
  }
}

/** Removes a dead lock. Two may try it at once, and the later one would take the new lock of the earlier: it goes back. */
function bury(path: string, content: string): void {
  const grave = `${path}.${randomBytes(6).toString('hex')}`;
  try {
    renameSync(path, grave);
    if (readFileSync(grave, 'utf8') !== content) linkSync(grave, path);
  } catch (error) {
    if (!hasCode(error, 'ENOENT') && !hasCode(error, 'EEXIST')) throw error;
  } finally {
    rmSync(grave, { force: true });
  }
}

function locked(file: string, holder: Holder | undefined): MillraceError {
  const by =
    holder === undefined ? 'another process' : `process ${holder.pid} on ${holder.place.split(' ')[0]}`;
  return new MillraceError(
    'MILLRACE_LOCKED',
    `${file}: ${by} is writing it; if that is no longer so, delete ${file}.lock`,
    { category: 'retryable' },
  );
}
