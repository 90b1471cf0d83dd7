import type { BSON } from 'mongodb';
import type { Statement } from './statement.js';

/** What reading back says of an insert or a replacement that may have been done. */
export type Finding = 'same' | 'absent' | 'different';

/**
 * Equal for `_id`s that a unique index takes for the same: numbers by value, whatever their type, all else by type and
 * content.
 */
export function idKey(id: unknown, bson: typeof BSON): string {
  const { _bsontype: type } = Object(id) as { _bsontype?: string };
  const isNumber = typeof id === 'number' || typeof id === 'bigint';
  if (isNumber || type === 'Int32' || type === 'Double' || type === 'Long') return `n${Number(id)}`;
  if (typeof id === 'string') return `s${id}`;
  return Buffer.from(bson.serialize({ id }, { ignoreUndefined: false })).toString('latin1');
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
export function byId(documents: readonly Uint8Array[], bson: typeof BSON): Map<string, Uint8Array> {
  // As they are in BSON, so that no type of number becomes another one.
  const exact = { promoteValues: false, promoteLongs: false, promoteBuffers: false, bsonRegExp: true };
  return new Map(
    documents.map((bytes) => [idKey((bson.deserialize(bytes, exact) as { _id: unknown })._id, bson), bytes]),
  );
}
