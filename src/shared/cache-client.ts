import type { MessagePort } from 'node:worker_threads';
import type { CacheNotice, CacheReply, CacheRequest } from './cache-messages.js';
import { packError, unpackError } from './error-transport.js';
import { MillraceError } from './errors.js';
import type { SharedCache } from './shared-cache.js';

type Load = (signal: AbortSignal) => unknown;

/** A request that has no answer yet. */
interface Pending {
  readonly resolve: (value: never) => void;
  readonly reject: (reason: unknown) => void;
  readonly load: Load | undefined;
  readonly controller: AbortController;
}

/** `Omit` for each member of a union. */
type Unnumbered<T> = T extends unknown ? Omit<T, 'id'> : never;

/** A cache that lives in another thread, at the other end of a port. It keeps the thread alive only while it waits. */
export class CacheClient<V = unknown> implements SharedCache<V> {
  private readonly pending = new Map<number, Pending>();
  /** Loads that run here, whether or not their callers still wait. */
  private readonly loads = new Map<number, AbortController>();
  private requests = 0;
  private isClosed = false;

  constructor(private readonly port: MessagePort) {
    port.on('message', (reply: CacheReply) => this.receive(reply));
    port.on('close', () => this.disconnected());
    port.unref();
  }

  get(key: string): Promise<V | undefined> {
    return this.ask({ op: 'get', key });
  }

  has(key: string): Promise<boolean> {
    return this.ask({ op: 'has', key });
  }

  set(key: string, value: V): Promise<void> {
    return this.ask({ op: 'set', key, value });
  }

  delete(key: string): Promise<void> {
    return this.ask({ op: 'delete', key });
  }

  async getOrLoad(
    key: string,
    load: (signal: AbortSignal) => Promise<V> | V,
    options: { signal?: AbortSignal | undefined } = {},
  ): Promise<V> {
    const { signal } = options;
    signal?.throwIfAborted();
    const id = this.requests;
    const answer = this.ask<V>({ op: 'claim', key }, load);
    const onAbort = () => {
      const { reject } = this.take(id) ?? {};
      if (reject === undefined) return;
      this.tell({ id, op: 'left' });
      reject(signal?.reason);
    };
    signal?.addEventListener('abort', onAbort, { once: true });
    try {
      return await answer;
    } finally {
      signal?.removeEventListener('abort', onAbort);
    }
  }

  /** Closes the port. What has no answer yet fails. */
  close(): void {
    this.port.close();
    this.disconnected();
  }

  private ask<T>(request: Unnumbered<CacheRequest>, load?: Load): Promise<T> {
    const id = this.requests++;
    return new Promise((resolve, reject) => {
      if (this.isClosed) {
        reject(disconnection());
        return;
      }
      this.port.postMessage({ ...request, id });
      this.pending.set(id, { resolve, reject, load, controller: new AbortController() });
      this.port.ref();
    });
  }

  private receive(reply: CacheReply): void {
    if (reply.op === 'load') void this.load(reply.id);
    else if (reply.op === 'abort') this.loads.get(reply.id)?.abort();
    else if (reply.op === 'done') this.take(reply.id)?.resolve(reply.value as never);
    else if (reply.op === 'failed') this.take(reply.id)?.reject(unpackError(reply.error));
  }

  private async load(id: number): Promise<void> {
    const { load, controller = new AbortController() } = this.pending.get(id) ?? {};
    this.loads.set(id, controller);
    try {
      if (load === undefined) throw new DOMException('The caller left', 'AbortError');
      this.tell({ id, op: 'loaded', value: await load(controller.signal) });
    } catch (error) {
      this.tell({ id, op: 'failed', error: packError(error) });
    } finally {
      this.loads.delete(id);
    }
  }

  private tell(notice: CacheNotice): void {
    if (!this.isClosed) this.port.postMessage(notice);
  }

  private take(id: number): Pending | undefined {
    const pending = this.pending.get(id);
    this.pending.delete(id);
    if (this.pending.size === 0) this.port.unref();
    return pending;
  }

  private disconnected(): void {
    this.isClosed = true;
    for (const { reject } of this.pending.values()) reject(disconnection());
    this.pending.clear();
    for (const controller of this.loads.values()) controller.abort();
  }
}

function disconnection(): MillraceError {
  return new MillraceError('MILLRACE_NOT_RUN', 'the cache in the other thread was closed');
}

/**
 * The cache at the other end of a port that `ThreadSafeCache.connect()` made, for a worker thread of your own.
 *
 * @example
 * import { connectCache } from 'millrace';
 * import { workerData } from 'node:worker_threads';
 *
 * const answers = connectCache(workerData.port);
 * const answer = await answers.getOrLoad('question', () => compute('question'));
 */
export function connectCache<V = unknown>(port: MessagePort): SharedCache<V> & { close(): void } {
  return new CacheClient<V>(port);
}
