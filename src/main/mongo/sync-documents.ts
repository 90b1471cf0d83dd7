import { BSON, type Collection, type Document, type IndexDescription } from 'mongodb';
import { batchDbOperation } from './batch-db-operation.js';

export interface SyncOptions {
  signal?: AbortSignal | undefined;
  /** Told of how many documents were looked at. */
  onDone?: ((documents: number) => void) | undefined;
}

export interface SyncResult {
  inserted: number;
  replaced: number;
  unchanged: number;
  deleted: number;
}

/**
 * Makes what a filter finds in a collection equal to documents, with as little writing as possible: what is there with the
 * same bytes stays untouched, what is other is replaced, and what is no longer among them is deleted. Hence a second time
 * it changes nothing.
 *
 * @param scope - which documents of the collection they are all of
 * @throws DbOperationError; what the driver throws; `signal.reason`
 */
export async function syncDocuments(
  collection: Collection,
  scope: Document,
  documents: readonly Document[],
  { signal, onDone }: SyncOptions = {},
): Promise<SyncResult> {
  const there = new Map<unknown, Uint8Array>();
  const raw = collection.find(scope, { raw: true }) as unknown;
  for await (const bytes of raw as AsyncIterable<Uint8Array>) {
    signal?.throwIfAborted();
    there.set(BSON.deserialize(bytes, { fieldsAsRaw: {} })._id, bytes);
  }
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
  // What goes first makes room in unique indexes.
  const { deleted } = await batchDbOperation({ ...shared, operation: 'deleteMany', items: [...there.keys()] });
  const outcome = await batchDbOperation({ ...shared, operation: 'upsert', items: changed });
  const [refused] = outcome.rejections;
  if (refused !== undefined) {
    throw new Error(`${collection.namespace}: ${String(refused.id)}: ${refused.message}`);
  }
  onDone?.(documents.length);
  const inserted = changed.length - replaced;
  return { inserted, replaced, unchanged: documents.length - changed.length, deleted };
}

/** Makes indexes, before the first document; those that are there stay. */
export async function ensureIndexes(collection: Collection, indexes: IndexDescription[]): Promise<void> {
  await collection.createIndexes(indexes);
}
