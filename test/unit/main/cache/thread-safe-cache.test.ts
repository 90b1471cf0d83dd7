import { getEventListeners } from 'node:events';
import { describe, expect, it } from 'vitest';
import type { CacheStore, StoredValue } from '../../../../src/main/cache/cache-store.js';
import { ThreadSafeCache } from '../../../../src/main/cache/thread-safe-cache.js';
import { VirtualClock } from '../../../../src/shared/virtual-clock.js';
import { deferred, quiet } from '../../../helpers/deferred.js';

/** A store in a map, whose reads can be held up. */
class MapStore implements CacheStore {
  readonly values = new Map<string, StoredValue>();
  isClosed = false;
  beforeGet = async () => {};

  async get(key: string) {
    const found = this.values.get(key);
    await this.beforeGet();
    return found;
  }

  async set(key: string, stored: StoredValue) {
    this.values.set(key, stored);
  }

  async delete(key: string) {
    this.values.delete(key);
  }

  async close() {
    this.isClosed = true;
  }
}

describe('ThreadSafeCache in memory', () => {
  it('loads once and then remembers', async () => {
    const cache = new ThreadSafeCache<number>();
    let loads = 0;
    const load = () => ++loads;
    expect(await cache.getOrLoad('a', load)).toBe(1);
    expect(await cache.getOrLoad('a', load)).toBe(1);
    expect(await cache.getOrLoad('b', load)).toBe(2);
    expect(cache.stats()).toMatchObject({ entries: 2, hits: 1, misses: 2, coalesced: 0 });
  });

  it.each([undefined, null, 0, '', false])('remembers %j as a value', async (value) => {
    const cache = new ThreadSafeCache();
    expect(await cache.getOrLoad('a', () => value)).toBe(value);
    expect(await cache.getOrLoad('a', () => expect.fail())).toBe(value);
    expect(await cache.has('a')).toBe(true);
    expect(await cache.get('a')).toBe(value);
  });

  it('does not remember errors, and gives one to all who waited for it', async () => {
    const cache = new ThreadSafeCache();
    const load = deferred<unknown>();
    const calls = [1, 2, 3].map(() => cache.getOrLoad('a', () => load.promise));
    load.reject(new RangeError('no'));
    const results = await Promise.allSettled(calls);
    expect(results.map((result) => (result as PromiseRejectedResult).reason.message)).toEqual([
      'no',
      'no',
      'no',
    ]);
    expect(await cache.getOrLoad('a', () => 7)).toBe(7);
    expect(cache.stats()).toMatchObject({ misses: 2, coalesced: 2, hits: 0 });
  });

  it('turns what a load throws at once into a rejection', async () => {
    const cache = new ThreadSafeCache();
    const call = cache.getOrLoad('a', () => {
      throw new TypeError('at once');
    });
    await expect(call).rejects.toThrow('at once');
  });

  it('forgets what was not used for longest', async () => {
    const cache = new ThreadSafeCache<number>({ maxEntries: 2 });
    await cache.set('a', 1);
    await cache.set('b', 2);
    await cache.get('a');
    await cache.set('c', 3);
    expect([await cache.has('a'), await cache.has('b'), await cache.has('c')]).toEqual([true, false, true]);
    expect(cache.stats()).toMatchObject({ entries: 2, evictions: 1 });
  });

  it('keeps within its bytes, by the sizes it is told or by an estimate', async () => {
    const told = new ThreadSafeCache<string>({ maxBytes: 10, sizeOf: (text) => text.length });
    await told.set('a', 'xxxx');
    await told.set('b', 'xxxx');
    await told.set('c', 'xxxx');
    expect(told.stats()).toMatchObject({ entries: 2, bytes: 8, evictions: 1 });
    await told.set('huge', 'x'.repeat(11));
    expect(await told.has('huge')).toBe(false);
    const estimated = new ThreadSafeCache({ maxBytes: 10_000 });
    await estimated.set('a', { text: 'x'.repeat(2000), numbers: new Float32Array(1000) });
    expect(estimated.stats().bytes).toBeGreaterThan(8000);
    await estimated.set('b', { text: 'x'.repeat(2000) });
    expect(estimated.stats().entries).toBe(1);
  });

  it('forgets what is too old', async () => {
    const clock = new VirtualClock();
    const cache = new ThreadSafeCache<number>({ ttlMs: 1000, clock });
    await clock.advance(1);
    await cache.set('a', 1);
    await clock.advance(999);
    expect(await cache.get('a')).toBe(1);
    await clock.advance(2);
    expect(await cache.has('a')).toBe(false);
    expect(await cache.getOrLoad('a', () => 2)).toBe(2);
    expect(clock.pending).toBe(0);
  });

  it('does not keep what was loading when its key was set or deleted', async () => {
    const cache = new ThreadSafeCache<string>();
    const load = deferred<string>();
    const old = cache.getOrLoad('a', () => load.promise);
    await cache.set('a', 'new');
    load.resolve('old');
    expect(await old).toBe('old');
    expect(await cache.get('a')).toBe('new');
    const second = deferred<string>();
    await cache.delete('a');
    const stale = cache.getOrLoad('a', () => second.promise);
    await cache.delete('a');
    const fresh = cache.getOrLoad('a', () => 'fresh');
    second.resolve('stale');
    expect([await stale, await fresh, await cache.get('a')]).toEqual(['stale', 'fresh', 'fresh']);
  });

  it.each([
    [{ maxEntries: 0 }, 'option "maxEntries": expected a whole number of at least 1, received 0 (number)'],
    [{ ttlMs: Number.NaN }, 'option "ttlMs"'],
    [{ sizeOf: 3 }, 'option "sizeOf": expected a function, received 3 (number)'],
    [{ size: 3 }, 'ThreadSafeCache: '],
  ])('refuses %j', (options, message) => {
    expect(() => new ThreadSafeCache(options as never)).toThrow(message);
  });
});

describe('one flight', () => {
  it('goes on for the others when the caller who began it gives up', async () => {
    const cache = new ThreadSafeCache<string>();
    const load = deferred<string>();
    const [first, second] = [new AbortController(), new AbortController()];
    let wanted: AbortSignal | undefined;
    const calls = [first, second].map(({ signal }) =>
      cache.getOrLoad(
        'a',
        (inner) => {
          wanted = inner;
          return load.promise;
        },
        { signal },
      ),
    );
    first.abort(new Error('enough'));
    await expect(calls[0]).rejects.toThrow('enough');
    expect(wanted!.aborted).toBe(false);
    load.resolve('value');
    expect(await calls[1]).toBe('value');
    expect(await cache.get('a')).toBe('value');
    expect(getEventListeners(first.signal, 'abort')).toHaveLength(0);
    expect(getEventListeners(second.signal, 'abort')).toHaveLength(0);
  });

  it('is aborted when all have given up, and the next one begins anew', async () => {
    const cache = new ThreadSafeCache<string>();
    const load = deferred<string>();
    const controller = new AbortController();
    let wanted: AbortSignal | undefined;
    const options = { signal: controller.signal };
    const calls = [1, 2].map(() =>
      cache.getOrLoad(
        'a',
        (inner) => {
          wanted = inner;
          return load.promise;
        },
        options,
      ),
    );
    controller.abort('enough');
    expect(await Promise.allSettled(calls)).toMatchObject([{ reason: 'enough' }, { reason: 'enough' }]);
    expect(wanted!.aborted).toBe(true);
    expect(wanted!.reason).toBe('enough');
    const next = cache.getOrLoad('a', () => 'new');
    load.resolve('too late');
    expect(await next).toBe('new');
    await quiet();
    expect(await cache.get('a')).toBe('new');
    expect(getEventListeners(controller.signal, 'abort')).toHaveLength(0);
  });

  it('is begun anew by the others if it fails after the first had given up', async () => {
    const cache = new ThreadSafeCache<string>();
    const load = deferred<string>();
    const controller = new AbortController();
    const first = cache.getOrLoad('a', () => load.promise, { signal: controller.signal });
    const others = [1, 2].map((n) => cache.getOrLoad('a', () => `by ${n}`));
    controller.abort('enough');
    load.reject(new Error('because it was aborted'));
    await expect(first).rejects.toBe('enough');
    expect(await Promise.all(others)).toEqual(['by 1', 'by 1']);
  });

  it('is not begun for a caller who has given up before', async () => {
    const cache = new ThreadSafeCache();
    const signal = AbortSignal.abort('before');
    await expect(cache.getOrLoad('a', () => expect.fail(), { signal })).rejects.toBe('before');
    expect(cache.stats()).toMatchObject({ misses: 0 });
  });
});

describe('ThreadSafeCache with a store', () => {
  it('finds values again after a restart, under hashed keys', async () => {
    const store = new MapStore();
    const before = new ThreadSafeCache<unknown>({ store });
    expect(await before.getOrLoad('a key', () => ({ n: 1 }))).toEqual({ n: 1 });
    await before.set('nothing', undefined);
    await before.close();
    expect(store.isClosed).toBe(true);
    expect([...store.values.keys()].every((key) => /^[-\w]{43}$/.test(key))).toBe(true);
    const after = new ThreadSafeCache<unknown>({ store });
    expect(await after.getOrLoad('a key', () => expect.fail())).toEqual({ n: 1 });
    expect(await after.getOrLoad('nothing', () => expect.fail())).toBeUndefined();
    expect(after.stats()).toMatchObject({ hits: 2, misses: 0, entries: 2 });
  });

  it('uses nothing of another version, and drops it', async () => {
    const store = new MapStore();
    await new ThreadSafeCache({ store, version: '1' }).set('a', 'old');
    const cache = new ThreadSafeCache({ store, version: '2' });
    expect(await cache.has('a')).toBe(false);
    expect(store.values.size).toBe(0);
    expect(await cache.getOrLoad('a', () => 'new')).toBe('new');
  });

  it('uses nothing that is too old', async () => {
    const store = new MapStore();
    await new ThreadSafeCache({ store, ttlMs: 1000 }).set('a', 'old');
    for (const [key, stored] of store.values) store.values.set(key, { ...stored, expiresAt: Date.now() - 1 });
    expect(await new ThreadSafeCache({ store }).get('a')).toBeUndefined();
    expect(store.values.size).toBe(0);
  });

  it('goes on without what the store can’t give', async () => {
    const store = new MapStore();
    store.get = () => Promise.reject(new Error('the disk'));
    store.set = () => Promise.reject(new Error('is full'));
    const cache = new ThreadSafeCache<number>({ store });
    expect(await cache.getOrLoad('a', () => 1)).toBe(1);
    await cache.set('b', 2);
    expect(await cache.get('a')).toBe(1);
    expect(cache.stats()).toMatchObject({ storeErrors: 3, misses: 1 });
  });

  it('does not bring back what changed while it was read', async () => {
    const store = new MapStore();
    await new ThreadSafeCache({ store }).set('a', 'old');
    const cache = new ThreadSafeCache({ store });
    const gate = deferred();
    store.beforeGet = () => gate.promise;
    const reading = cache.get('a');
    await quiet();
    await cache.set('a', 'new');
    gate.resolve();
    expect(await reading).toBe('old');
    expect(await cache.get('a')).toBe('new');
  });

  it('waits for what is being written when it is closed', async () => {
    const store = new MapStore();
    const gate = deferred();
    const write = store.set.bind(store);
    store.set = async (key, stored) => {
      await gate.promise;
      await write(key, stored);
    };
    const cache = new ThreadSafeCache({ store });
    await cache.getOrLoad('a', () => 1);
    const closing = cache.close();
    await quiet();
    expect(store.isClosed).toBe(false);
    gate.resolve();
    await closing;
    expect(store.values.size).toBe(1);
  });
});
