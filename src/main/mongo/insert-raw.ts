import type { Collection, Document } from 'mongodb';
import { bsonValue, compareBson, type RawValue, rawId } from './bson-order.js';
import { writeConcernOf } from './command.js';
import { documentSequence } from './document-sequence.js';
import { isWorthAnotherTry, type Patience } from './patience.js';
import type { RawDocument } from './raw-documents.js';
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
      const errors = await patience.once(() => insert(target, batch, signal && graceAfter(signal)), signal);
      const refused = errors.filter(({ code }) => code !== DUPLICATE_KEY);
      result.rejected.push(
        ...refused.map(({ index, errmsg }) => ({ document: left[index]!, problem: errmsg })),
      );
      result.inserted += left.length - errors.length;
      unclear = errors.filter(({ code }) => code === DUPLICATE_KEY).map(({ index }) => left[index]!);
      patience.restore();
      if (unclear.length === 0) return result;
      const there = await patience.keepTrying(() => readBack(target, unclear), signal);
      unclear.forEach((document, i) => {
        const other = there[i];
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
      });
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

/** What the target has under the `_id` of each document. */
async function readBack(
  target: Collection,
  documents: readonly RawDocument[],
): Promise<(Uint8Array | undefined)[]> {
  const ids = documents.map(({ id }) => bsonValue(id));
  const raw = target.find({ _id: { $in: ids } } as Document, { raw: true }) as unknown;
  const found: RawDocument[] = [];
  for await (const bytes of raw as AsyncIterable<Uint8Array>) found.push({ id: rawId(bytes)!, bytes });
  // Ids are the same if they sort the same: 1 is 1.0, and their bytes differ.
  found.sort((a, b) => compareBson(a.id, b.id));
  return documents.map(({ id }) => {
    const at = lowerBound(found, id);
    const candidate = found[at];
    return candidate !== undefined && compareBson(candidate.id, id) === 0 ? candidate.bytes : undefined;
  });
}

/** The first of sorted documents whose `_id` doesn't sort before one. */
function lowerBound(sorted: readonly RawDocument[], id: RawValue): number {
  let [low, high] = [0, sorted.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (compareBson(sorted[middle]!.id, id) < 0) low = middle + 1;
    else high = middle;
  }
  return low;
}
