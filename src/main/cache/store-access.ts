import { stableKey } from '../../shared/stable-key.js';
import type { CacheStore, StoredValue } from './cache-store.js';

/** A cache's way to its store: hashes keys, minds versions and expiry, and counts errors instead of throwing them. */
export class StoreAccess {
  errors = 0;
  /** By key: a later write of a key waits for the one before. */
  private readonly writing = new Map<string, Promise<void>>();

  constructor(
    private store: CacheStore | undefined,
    private readonly version: string,
  ) {}

  get isOpen(): boolean {
    return this.store !== undefined;
  }

  /** The value and for how long it is still good. What is of another version, or too old, is deleted. */
  async read(key: string): Promise<{ value: unknown; ttlMs: number | undefined } | undefined> {
    if (this.store === undefined) return undefined;
    const name = stableKey(key);
    await this.writing.get(name);
    let stored: StoredValue | undefined;
    try {
      stored = await this.store?.get(name);
    } catch {
      this.errors++;
    }
    if (stored === undefined) return undefined;
    const ttlMs = stored.expiresAt === undefined ? undefined : stored.expiresAt - Date.now();
    const isGood = stored.version === this.version && (ttlMs === undefined || ttlMs > 0);
    if (isGood) return { value: stored.value, ttlMs };
    await this.delete(key);
    return undefined;
  }

  write(key: string, value: unknown, ttlMs: number | undefined): Promise<void> {
    const expiresAt = ttlMs === undefined ? undefined : Date.now() + ttlMs;
    return this.change(key, (store, name) => store.set(name, { value, version: this.version, expiresAt }));
  }

  delete(key: string): Promise<void> {
    return this.change(key, (store, name) => store.delete(name));
  }

  /** When all writes have ended. */
  async close(): Promise<void> {
    const { store } = this;
    this.store = undefined;
    await Promise.all(this.writing.values());
    await store?.close();
  }

  private async change(
    key: string,
    change: (store: CacheStore, name: string) => Promise<void> | void,
  ): Promise<void> {
    const { store } = this;
    if (store === undefined) return;
    const name = stableKey(key);
    const before = this.writing.get(name);
    const write = this.apply(before, () => change(store, name));
    this.writing.set(name, write);
    await write;
    if (this.writing.get(name) === write) this.writing.delete(name);
  }

  private async apply(before: Promise<void> | undefined, change: () => Promise<void> | void): Promise<void> {
    await before;
    try {
      await change();
    } catch {
      this.errors++;
    }
  }
}
