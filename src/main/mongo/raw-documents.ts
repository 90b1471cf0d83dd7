import type { Collection, Document, FindCursor } from 'mongodb';
import { compareBson, type RawValue, rawId } from './bson-order.js';
import { cursorDocuments } from './cursor-documents.js';
import { filterBehind, typesOf } from './id-ranges.js';
import { isWorthAnotherTry, type Patience } from './patience.js';

/** A document as it came, and its `_id`. */
export interface RawDocument {
  readonly id: RawValue;
  readonly bytes: Uint8Array;
}

export interface RawDocumentsOptions {
  /** Where to begin: behind this one. */
  after?: RawValue | undefined;
  /** Where to end: with this one. */
  upTo?: RawValue | undefined;
  /** Which documents. Default: all. */
  filter?: Document | undefined;
  /** Which of their fields. Default: all. */
  projection?: Document | undefined;
  /** Documents that are fetched at once. */
  batchSize: number;
  patience: Patience;
  signal?: AbortSignal | undefined;
}

/**
 * The documents of a collection in the order of their `_id`s, of all types, each once, as bytes. If the cursor is lost (the
 * server restarted, the connection broke, it waited too long) a new one goes on behind the last document.
 *
 * @throws what the driver throws, once patience has ended; `signal.reason`
 */
export async function* rawDocuments(
  collection: Collection,
  { after, upTo, filter, projection, batchSize, patience, signal }: RawDocumentsOptions,
): AsyncGenerator<RawDocument, void, void> {
  const types = await patience.keepTrying(() => typesOf(collection, signal), signal);
  let last = after;
  for (;;) {
    const behind = filterBehind(last, types);
    const wanted = filter === undefined ? behind : last === undefined ? filter : { $and: [behind, filter] };
    const cursor = collection.find(wanted, {
      raw: true,
      batchSize,
      sort: { _id: 1 },
      ...(projection && { projection }),
      signal,
    }) as unknown as FindCursor<Uint8Array>;
    try {
      for await (const bytes of cursorDocuments(cursor, signal, (call) => patience.once(call, signal))) {
        const id = rawId(bytes)!;
        if (upTo !== undefined && compareBson(id, upTo) > 0) return;
        yield { id, bytes };
        last = id;
        patience.restore();
      }
      return;
    } catch (error) {
      signal?.throwIfAborted();
      if (!isWorthAnotherTry(error)) throw error;
      await patience.wait(error, signal);
    }
  }
}

/** Documents that are to be written together. */
export interface RawBatch {
  readonly documents: readonly RawDocument[];
  readonly bytes: number;
}

/** Cuts documents into batches, by number and bytes; one that is larger is a batch of its own. */
export async function* batchesOf(
  documents: AsyncIterable<RawDocument>,
  { batchSize, maxBytes }: { batchSize: number; maxBytes: number },
): AsyncGenerator<RawBatch, void, void> {
  let batch: RawDocument[] = [];
  let bytes = 0;
  for await (const document of documents) {
    if (batch.length === batchSize || (batch.length > 0 && bytes + document.bytes.length > maxBytes)) {
      yield { documents: batch, bytes };
      batch = [];
      bytes = 0;
    }
    batch.push(document);
    bytes += document.bytes.length;
  }
  if (batch.length > 0) yield { documents: batch, bytes };
}

/** Has the next value made while one is worked on. */
export async function* readAhead<T>(values: AsyncGenerator<T, void, void>): AsyncGenerator<T, void, void> {
  let next = values.next();
  try {
    for (;;) {
      const { value, done } = await next;
      if (done) return;
      next = values.next();
      next.catch(() => {}); // It is awaited in the next round, or nobody asks any more.
      yield value;
    }
  } finally {
    await next.catch(() => {});
    await values.return();
  }
}
