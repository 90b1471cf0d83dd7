import type { Collection, Document, FindCursor } from 'mongodb';
import { MillraceError } from '../../shared/errors.js';
import { batchDbOperation } from './batch-db-operation.js';
import { cursorDocuments } from './cursor-documents.js';
import { loadDriver } from './load-driver.js';

export interface SyncCounts {
  inserted: number;
  replaced: number;
  unchanged: number;
  deleted: number;
}

/**
 * Makes what a filter finds in a collection equal to documents, with as little writing as there can be: what is there
 * with the same bytes stays untouched, what is other is replaced, what is no longer among them is deleted. A second time it
 * changes nothing.
 *
 * @param scope - finds all documents of the collection that belong to these. Their `_id`s are strings
 * @throws MillraceError `MILLRACE_CALL_FAILED`, naming a document that the server refuses; what `batchDbOperation` and the
 * driver throw; `signal.reason`
 */
export async function syncDocuments(
  collection: Collection<Document>,
  scope: Document,
  documents: readonly (Document & { _id: string })[],
  signal?: AbortSignal,
): Promise<SyncCounts> {
  const { BSON } = await loadDriver('syncDocuments');
  const there = new Map<string, Uint8Array>();
  const found = collection.find(scope, { raw: true, signal }) as unknown as FindCursor<Uint8Array>;
  for await (const bytes of cursorDocuments(found, signal)) there.set(BSON.deserialize(bytes)._id, bytes);
  const changed: Document[] = [];
  let replaced = 0;
  for (const document of documents) {
    const bytes = there.get(document._id);
    there.delete(document._id);
    if (bytes !== undefined && Buffer.compare(BSON.serialize(document), bytes) === 0) continue;
    if (bytes !== undefined) replaced++;
    changed.push(document);
  }
  const shared = { collection, signal } as const;
  // They go first: a unique index may want their places.
  const deleted = there.size;
  if (deleted > 0) await batchDbOperation({ ...shared, operation: 'deleteMany', items: there.keys() });
  if (changed.length > 0) {
    const { rejections } = await batchDbOperation({ ...shared, operation: 'upsert', items: changed });
    const [first] = rejections;
    if (first !== undefined) {
      const problem = `${collection.namespace}, ${JSON.stringify(first.id)}: ${first.message}`;
      throw new MillraceError('MILLRACE_CALL_FAILED', problem);
    }
  }
  const unchanged = documents.length - changed.length;
  return { inserted: changed.length - replaced, replaced, unchanged, deleted };
}
