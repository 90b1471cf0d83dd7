import type { Collection, IndexDescription } from 'mongodb';
import { hasCode } from '../../shared/errors.js';

/** A collection that isn't there. */
const NAMESPACE_NOT_FOUND = 26;

/** Makes the indexes of a collection in another one, which may have them already. @returns the names of those that it hadn't */
export async function copyIndexes(source: Collection, target: Collection): Promise<string[]> {
  const wanted = (await indexesOf(source)).filter(({ name }) => name !== '_id_');
  const there = new Set((await indexesOf(target)).map(({ name }) => name));
  const missing = wanted.filter(({ name }) => !there.has(name));
  if (missing.length > 0) await target.createIndexes(missing);
  return missing.map(({ name }) => name!);
}

async function indexesOf(collection: Collection): Promise<IndexDescription[]> {
  try {
    const found = await collection.listIndexes().toArray();
    return found.map(({ v: _version, ns: _namespace, ...description }) => description as IndexDescription);
  } catch (error) {
    if (hasCode(error, NAMESPACE_NOT_FOUND)) return [];
    throw error;
  }
}
