import { deserialize, serialize } from 'node:v8';
import { errorMessage, MillraceError } from '../../shared/errors.js';
import type { CacheStore, StoredValue } from './cache-store.js';

/**
 * Keeps a cache's values in an LMDB database on disk: a folder that several processes may share. It needs the package
 * `lmdb`, which Millrace does not install by itself. Values may be whatever structured clone takes. What is
 * too old, or of another version, leaves the disk when it is next asked for.
 *
 * @param path - the folder; it is made if there is none
 * @throws MillraceError `MILLRACE_MISSING_PACKAGE` if `lmdb` is not installed; what LMDB throws for the path.
 *
 * @example
 * const answers = new ThreadSafeCache<string>({ store: await openLmdbStore('cache/answers'), version: 'prompt-3' });
 */
export async function openLmdbStore(path: string): Promise<CacheStore> {
  const { open } = await loadLmdb();
  const database = open<Buffer, string>({ path, encoding: 'binary' });
  return {
    get(key) {
      const bytes = database.get(key);
      return bytes === undefined ? undefined : (deserialize(bytes) as StoredValue);
    },
    async set(key, stored) {
      await database.put(key, serialize(stored));
    },
    async delete(key) {
      await database.remove(key);
    },
    close: () => database.close(),
  };
}

async function loadLmdb(): Promise<typeof import('lmdb')> {
  try {
    return await import('lmdb');
  } catch (cause) {
    throw new MillraceError(
      'MILLRACE_MISSING_PACKAGE',
      `openLmdbStore needs the package "lmdb" (npm install lmdb): ${errorMessage(cause)}`,
      { cause },
    );
  }
}
