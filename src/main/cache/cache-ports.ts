import { MessageChannel, type MessagePort } from 'node:worker_threads';
import type { CacheNotice, CacheReply, CacheRequest } from '../../shared/cache-messages.js';
import { packError, unpackError } from '../../shared/error-transport.js';
import { MillraceError } from '../../shared/errors.js';
import type { SharedCache } from '../../shared/shared-cache.js';

/** How a load ends that another thread does. */
interface Remote {
  readonly resolve: (value: unknown) => void;
  readonly reject: (reason: unknown) => void;
}

/** The doors of a cache for other threads. */
export class CachePorts {
  private readonly served = new Set<ServedPort>();

  constructor(private readonly cache: SharedCache) {}

  /** A port for another thread. When that thread ends or closes it, what it was loading is loaded by others. */
  open(): MessagePort {
    const { port1, port2 } = new MessageChannel();
    const served = new ServedPort(this.cache, port1);
    this.served.add(served);
    port1.on('close', () => {
      this.served.delete(served);
      served.closed();
    });
    port1.unref();
    return port2;
  }

  close(): void {
    for (const { port } of this.served) port.close();
  }
}

class ServedPort {
  /** The callers at the other end, by request. */
  private readonly callers = new Map<number, AbortController>();
  private readonly loads = new Map<number, Remote>();

  constructor(
    private readonly cache: SharedCache,
    readonly port: MessagePort,
  ) {
    port.on('message', (message: CacheRequest | CacheNotice) => this.receive(message));
  }

  closed(): void {
    const error = new MillraceError(
      'MILLRACE_WORKER_CRASHED',
      'the thread that was loading this value has ended',
      {
        category: 'transient',
      },
    );
    for (const caller of this.callers.values()) caller.abort(error);
    for (const load of this.loads.values()) load.reject(error);
  }

  private receive(message: CacheRequest | CacheNotice): void {
    const { id } = message;
    if (message.op === 'loaded') this.loads.get(id)?.resolve(message.value);
    else if (message.op === 'failed') this.loads.get(id)?.reject(unpackError(message.error));
    else if (message.op === 'left')
      this.callers.get(id)?.abort(new DOMException('The caller left', 'AbortError'));
    else void this.answer(message);
  }

  private async answer(request: CacheRequest): Promise<void> {
    const { id } = request;
    try {
      this.reply({ id, op: 'done', value: await this.ask(request) });
    } catch (error) {
      this.reply({ id, op: 'failed', error: packError(error) });
    }
  }

  private ask(request: CacheRequest): Promise<unknown> {
    if (request.op === 'set') return this.cache.set(request.key, request.value);
    if (request.op === 'claim') return this.claim(request.id, request.key);
    return this.cache[request.op](request.key);
  }

  private async claim(id: number, key: string): Promise<unknown> {
    const caller = new AbortController();
    this.callers.set(id, caller);
    try {
      return await this.cache.getOrLoad(key, (signal) => this.loadThere(id, signal), {
        signal: caller.signal,
      });
    } finally {
      this.callers.delete(id);
    }
  }

  private async loadThere(id: number, signal: AbortSignal): Promise<unknown> {
    const onAbort = () => this.reply({ id, op: 'abort' });
    signal.addEventListener('abort', onAbort, { once: true });
    try {
      return await new Promise((resolve, reject) => {
        this.loads.set(id, { resolve, reject });
        this.reply({ id, op: 'load' });
      });
    } finally {
      signal.removeEventListener('abort', onAbort);
      this.loads.delete(id);
    }
  }

  private reply(reply: CacheReply): void {
    this.port.postMessage(reply);
  }
}
