import { MillraceError } from '../../shared/errors.js';

/** Shared WebAssembly memory that a job has to itself until it releases it. Its contents are what the last job left. */
export interface Workspace {
  readonly memory: WebAssembly.Memory;
  /** Gives the memory back for the next job. Only once no worker touches it any more. */
  release(): void;
}

const PAGE_BYTES = 65_536;
const MAX_PAGES = 65_536;

/**
 * Keeps released memories and leases them again, grown where needed. Memory that worker threads have seen is
 * returned to the system late or never, so jobs one after the other must share it instead of making it afresh.
 */
export class WorkspaceShelf {
  private idle: WebAssembly.Memory[] = [];

  /** @throws MillraceError `MILLRACE_INVALID_ARGUMENT` above 4 GiB, the limit of 32-bit WebAssembly. */
  lease(bytes: number): Workspace {
    const pages = Math.max(1, Math.ceil(bytes / PAGE_BYTES));
    if (pages > MAX_PAGES) {
      throw new MillraceError(
        'MILLRACE_INVALID_ARGUMENT',
        `this job needs a workspace of ${bytes} bytes, the limit is 4 GiB (${MAX_PAGES * PAGE_BYTES} bytes)`,
      );
    }
    const memory =
      this.take() ?? new WebAssembly.Memory({ initial: pages, maximum: MAX_PAGES, shared: true });
    const missing = pages - memory.buffer.byteLength / PAGE_BYTES;
    if (missing > 0) memory.grow(missing);
    return { memory, release: () => this.idle.push(memory) };
  }

  /** Drops all memories that nobody has leased. */
  clear(): void {
    this.idle = [];
  }

  /** The largest idle memory: the one that least needs to grow. */
  private take(): WebAssembly.Memory | undefined {
    this.idle.sort((a, b) => a.buffer.byteLength - b.buffer.byteLength);
    return this.idle.pop();
  }
}
