import type { Collection, Document } from 'mongodb';
import { bsonKey, bsonValue } from './bson-order.js';
import { writeConcernOf } from './command.js';
import { documentSequence } from './document-sequence.js';
import { isWorthAnotherTry, type Patience } from './patience.js';
import type { RawDocument } from './raw-documents.js';
import { byId } from './resolve-unknown.js';
import { graceAfter } from './until-aborted.js';

/** What became of documents: each is in one of them. */
export interface RawInsertResult {
  inserted: number;
  /** They were there already, byte for byte. */
  same: number;
  /** Why the others weren't written. */
  rejected: { document: RawDocument; problem: string }[];
}

const DUPLICATE_KEY = 11_000;

/**
 * Inserts documents as they are, byte for byte, in one command. What the server says of duplicates, and what is unknown after
 * an error of the network, is decided by reading back: the same bytes are done, none are sent again, others are rejected.
 * Hence it may be repeated.
 *
 * @throws what the driver throws, once patience has ended; `signal.reason`
 */
export async function insertRaw(
  target: Collection,
  documents: readonly RawDocument[],
  patience: Patience,
  signal?: AbortSignal,
): Promise<RawInsertResult> {
  const result: RawInsertResult = { inserted: 0, same: 0, rejected: [] };
  let isUncertain = false;
  for (let left = documents; left.length > 0; ) {
    let unclear: readonly RawDocument[];
    try {
      const batch = left;
      const errors = await patience.once(async () => {
        signal?.throwIfAborted(); // It may have stood in line for a connection.
        return insert(target, batch, signal && graceAfter(signal));
      }, signal);
      const refused = errors.filter(({ code }) => code !== DUPLICATE_KEY);
      result.rejected.push(
        ...refused.map(({ index, errmsg }) => ({ document: left[index]!, problem: errmsg })),
      );
      result.inserted += left.length - errors.length;
      unclear = errors.filter(({ code }) => code === DUPLICATE_KEY).map(({ index }) => left[index]!);
      patience.restore();
      if (unclear.length === 0) return result;
      const there = await patience.keepTrying(() => readBack(target, unclear), signal);
      for (const document of unclear) {
        const other = there.get(bsonKey(document.id));
        if (other === undefined) {
          result.rejected.push({ document, problem: 'a unique index has its values with another _id' });
        } else if (Buffer.compare(other, document.bytes) !== 0) {
          result.rejected.push({ document, problem: 'another document has its _id' });
        } else if (isUncertain) {
          // After an error of the network it is as likely ours as somebody else's: it counts as ours.
          result.inserted++;
        } else {
          result.same++;
        }
      }
      return result;
    } catch (error) {
      signal?.throwIfAborted();
      if (!isWorthAnotherTry(error)) throw error;
      isUncertain = true;
      await patience.wait(error, signal);
    }
  }
  return result;
}

interface WriteError {
  index: number;
  code: number;
  errmsg: string;
}

async function insert(
  target: Collection,
  documents: readonly RawDocument[],
  signal: AbortSignal | undefined,
): Promise<WriteError[]> {
  const bytes = documents.map((document) => document.bytes);
  const command = {
    insert: target.collectionName,
    ordered: false,
    documents: documentSequence('documents', bytes, bytes),
    ...writeConcernOf(target),
  };
  const reply = await target.db.command(command, { signal });
  return (reply.writeErrors ?? []) as WriteError[];
}

/** What the target has under the `_id`s of documents, by their keys. */
async function readBack(
  target: Collection,
  documents: readonly RawDocument[],
): Promise<Map<string, Uint8Array>> {
  const ids = documents.map(({ id }) => bsonValue(id));
  const found = target.find({ _id: { $in: ids } } as Document, { raw: true });
  return byId((await found.toArray()) as unknown as Uint8Array[]);
}
