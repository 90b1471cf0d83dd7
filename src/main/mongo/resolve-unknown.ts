import type { BSON } from 'mongodb';
import { bsonKey, rawId } from './bson-order.js';
import type { Statement } from './statement.js';

/** What reading back says of an insert or a replacement that may have been done. */
export type Finding = 'same' | 'absent' | 'different';

/** As `bsonKey`, of an `_id` as JavaScript has it. */
export function idKey(id: unknown, bson: typeof BSON): string {
  // Half of a surrogate pair becomes another character in BSON.
  if (typeof id === 'string' && !/\p{Surrogate}/u.test(id)) return `s${id}`;
  if (Number.isSafeInteger(id)) return `n${id}/1`;
  return bsonKey(rawId(bson.serialize({ _id: id }, { ignoreUndefined: false }))!);
}

/** Compares what was read back with what was sent: byte by byte, as BSON. */
export function compare(
  statement: Statement,
  found: ReadonlyMap<string, Uint8Array>,
  bson: typeof BSON,
  options: BSON.SerializeOptions,
): Finding {
  const bytes = found.get(idKey(statement.id, bson));
  if (bytes === undefined) return 'absent';
  const { kind, raw, document } = statement;
  const sent = kind === 'insert' ? raw : bson.serialize(document!, options);
  return Buffer.compare(sent, bytes) === 0 ? 'same' : 'different';
}

/** Documents in BSON, by the key of their `_id`. */
export function byId(documents: readonly Uint8Array[]): Map<string, Uint8Array> {
  return new Map(documents.map((bytes) => [bsonKey(rawId(bytes)!), bytes]));
}
