import type { MessagePort } from 'node:worker_threads';
import { LRUCache } from 'lru-cache';
import { z } from 'zod';
import { type Clock, systemClock } from '../../shared/clock.js';
import { checkOptions, count, numberFrom } from '../../shared/options.js';
import type { SharedCache } from '../../shared/shared-cache.js';
import { CachePorts } from './cache-ports.js';
import type { CacheStore } from './cache-store.js';
import { AGAIN, Flight } from './flight.js';
import { StoreAccess } from './store-access.js';
import { valueBytes } from './value-bytes.js';

export interface ThreadSafeCacheOptions<V = unknown> {
  /** How many values are kept in memory; the one that was not used for longest goes first. Default: 10,000. */
  maxEntries?: number | undefined;
  /** How many bytes the values in memory may take together. Default: no bound. */
  maxBytes?: number | undefined;
  /** What a value counts as, in bytes, for `maxBytes`. At least 1. Default: an estimate from its content. */
  sizeOf?: ((value: V) => number) | undefined;
  /** How long a value is good, in milliseconds. Default: for ever. */
  ttlMs?: number | undefined;
  /**
   * Keeps values after the process has ended, beside memory. What was loaded is written in the background: `close()`
   * waits for it, and closes the store. Default: none.
   */
  store?: CacheStore | undefined;
  /** Values that were stored under another version are not used: change it with whatever makes them. Default: ''. */
  version?: string | undefined;
  /** For tests and simulations. */
  clock?: Clock | undefined;
}

/** What a cache holds and has done so far. */
export interface CacheStats {
  /** Values in memory, and their bytes where `maxBytes` is given. */
  readonly entries: number;
  readonly bytes: number;
  /** Found in memory or in the store. */
  readonly hits: number;
  /** Not found: each is a load, where it was asked for by `getOrLoad`. */
  readonly misses: number;
  /** Waited for the load of another. */
  readonly coalesced: number;
  /** Values that left memory because there was no room. */
  readonly evictions: number;
  /** Errors of the store, all of which were passed over. */
  readonly storeErrors: number;
}

const callback = () =>
  z.custom<never>((value) => typeof value === 'function', 'expected a function').optional();
const schema = z.strictObject({
  maxEntries: count(1).optional(),
  maxBytes: count(1).optional(),
  sizeOf: callback(),
  ttlMs: numberFrom(1, Number.MAX_VALUE).optional(),
  store: z
    .custom<CacheStore>((value) => typeof value === 'object' && value !== null && 'get' in value)
    .optional(),
  version: z.string('expected a string').optional(),
  clock: z.custom<Clock>().optional(),
});

/** What is kept in memory: a box, since `undefined` and `null` are values, too. */
interface Kept<V> {
  readonly value: V;
}

/**
 * Values by key, for any number of concurrent callers and threads: in memory, and where a `store` is given on disk,
 * too. Whoever asks for a key that is being loaded waits for that load. Errors are not kept; `undefined` and `null`
 * are. Values are handed out as they are, so nobody should change them. Worker threads get at it through ports: see
 * `connect`, and the option `cache` of `workerStep`.
 *
 * @throws MillraceError `MILLRACE_INVALID_ARGUMENT`
 *
 * @example
 * const answers = new ThreadSafeCache<string>({ maxEntries: 10_000, ttlMs: 3_600_000 });
 * const answer = await answers.getOrLoad(question, (signal) => ask(question, { signal }));
 */
export class ThreadSafeCache<V = unknown> implements SharedCache<V> {
  /** Of `V`; typed so that a cache of strings is a cache of something. */
  private readonly memory: LRUCache<string, Kept<unknown>>;
  private readonly flights = new Map<string, Flight<V>>();
  /** The latest read of the store for a key, unless the key has changed since. */
  private readonly readings = new Map<string, symbol>();
  private readonly store: StoreAccess;
  private readonly ports = new CachePorts(this as SharedCache);
  private readonly ttlMs: number | undefined;
  private readonly counts = { hits: 0, misses: 0, coalesced: 0, evictions: 0 };

  constructor(options: ThreadSafeCacheOptions<V> = {}) {
    checkOptions('ThreadSafeCache', schema, options);
    const { maxEntries = 10_000, maxBytes, sizeOf = valueBytes, ttlMs, store, version = '' } = options;
    const { clock = systemClock } = options;
    this.ttlMs = ttlMs;
    this.store = new StoreAccess(store, version);
    this.memory = new LRUCache({
      max: maxEntries,
      ...(maxBytes !== undefined && {
        maxSize: maxBytes,
        sizeCalculation: ({ value }) => Math.max(1, Math.ceil(sizeOf(value as V))),
      }),
      ...(ttlMs !== undefined && { ttl: ttlMs, ttlResolution: 0, perf: clock }),
      dispose: (_value, _key, reason) => {
        if (reason === 'evict') this.counts.evictions++;
      },
    });
  }

  async get(key: string): Promise<V | undefined> {
    return (await this.find(key))?.value;
  }

  async has(key: string): Promise<boolean> {
    return this.memory.has(key) || (await this.store.read(key)) !== undefined;
  }

  /** Ends when the store has it, where there is one. */
  async set(key: string, value: V): Promise<void> {
    this.supersede(key);
    await this.keep(key, value);
  }

  async delete(key: string): Promise<void> {
    this.supersede(key);
    this.memory.delete(key);
    await this.store.delete(key);
  }

  async getOrLoad(
    key: string,
    load: (signal: AbortSignal) => Promise<V> | V,
    options: { signal?: AbortSignal | undefined } = {},
  ): Promise<V> {
    const { signal } = options;
    for (;;) {
      signal?.throwIfAborted();
      const kept = this.inMemory(key);
      if (kept !== undefined) return kept.value;
      const flight = this.joinable(key) ?? this.begin(key, load, signal);
      const landed = await flight.join(signal);
      if (landed !== AGAIN) return landed.value;
    }
  }

  /** What is in memory, which counts as a hit. */
  inMemory(key: string): Kept<V> | undefined {
    const kept = this.memory.get(key);
    if (kept !== undefined) this.counts.hits++;
    return kept as Kept<V> | undefined;
  }

  /** The load of this key that is under way, which whoever asks is going to join. */
  joinable(key: string): Flight<V> | undefined {
    const flight = this.flights.get(key);
    if (flight !== undefined) this.counts.coalesced++;
    return flight;
  }

  /** Begins to load a key that nobody loads. It is to be joined at once. */
  begin(
    key: string,
    load: (signal: AbortSignal) => Promise<V> | V,
    leader: AbortSignal | undefined,
  ): Flight<V> {
    const flight: Flight<V> = new Flight(leader, () => {
      if (this.flights.get(key) === flight) this.flights.delete(key);
    });
    this.flights.set(key, flight);
    flight.start((signal) => this.fill(key, load, signal, flight));
    return flight;
  }

  /**
   * A port for a worker thread, to be passed to it (in the transfer list) and there to `connectCache`. It doesn't keep
   * the process alive.
   *
   * @example
   * const port = answers.connect();
   * new Worker(file, { workerData: { port }, transferList: [port] });
   */
  connect(): MessagePort {
    return this.ports.open();
  }

  stats(): CacheStats {
    const { size: entries, calculatedSize: bytes } = this.memory;
    return { entries, bytes, ...this.counts, storeErrors: this.store.errors };
  }

  /** Closes ports and store, when what was written is durable. What is in memory is dropped. */
  async close(): Promise<void> {
    this.ports.close();
    this.memory.clear();
    await this.store.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  private async find(key: string): Promise<Kept<V> | undefined> {
    const kept = this.inMemory(key) ?? (await this.restore(key));
    if (kept === undefined) this.counts.misses++;
    return kept;
  }

  private async fill(
    key: string,
    load: (signal: AbortSignal) => Promise<V> | V,
    signal: AbortSignal,
    flight: Flight<V>,
  ): Promise<V> {
    if (this.store.isOpen) {
      const stored = await this.restore(key);
      if (stored !== undefined) return stored.value;
      signal.throwIfAborted();
    }
    this.counts.misses++;
    const value = await load(signal);
    if (this.flights.get(key) === flight) void this.keep(key, value);
    return value;
  }

  /** Takes a value from the store into memory. */
  private async restore(key: string): Promise<Kept<V> | undefined> {
    if (!this.store.isOpen) return undefined;
    const reading = Symbol(key);
    this.readings.set(key, reading);
    const stored = await this.store.read(key);
    const isCurrent = this.readings.get(key) === reading;
    if (isCurrent) this.readings.delete(key);
    if (stored === undefined) return undefined;
    this.counts.hits++;
    const kept = { value: stored.value as V };
    if (isCurrent) this.memory.set(key, kept, stored.ttlMs === undefined ? {} : { ttl: stored.ttlMs });
    return kept;
  }

  private keep(key: string, value: V): Promise<void> {
    this.memory.set(key, { value });
    return this.store.write(key, value, this.ttlMs);
  }

  /** What is being loaded or read for this key is older than what happens now: it is not to be kept. */
  private supersede(key: string): void {
    this.flights.delete(key);
    this.readings.delete(key);
  }
}
