import type { Document } from 'mongodb';
import type { Statement } from './statement.js';

/** Done twice in a row, these leave what they leave when done once. */
const IDEMPOTENT = new Set([
  '$set',
  '$unset',
  '$setOnInsert',
  '$min',
  '$max',
  '$addToSet',
  '$pull',
  '$pullAll',
]);

/** Whether an update document (no pipeline) leaves the same when it is done twice. */
export function isIdempotentUpdate(update: Document | readonly Document[]): boolean {
  if (Array.isArray(update)) return false;
  return Object.entries(update).every(
    ([operator, fields]) =>
      IDEMPOTENT.has(operator) &&
      // `a.$` is the first element that matches, which another one may be the second time.
      Object.keys(Object(fields)).every((path) => !/\.\$(\.|$)/.test(path)),
  );
}

/** The value that a filter's `_id` has to equal, or undefined if it says no such thing. */
export function pinnedId(filter: Document): unknown {
  const { _id: id } = filter;
  if (Object.prototype.toString.call(id) === '[object RegExp]') return undefined;
  if (typeof id !== 'object' || id === null || '_bsontype' in id || Array.isArray(id)) return id;
  const names = Object.keys(id);
  if (!names.some((name) => name.startsWith('$'))) return id;
  return names.length === 1 ? (id as Document).$eq : undefined;
}

/**
 * Which statements of a command may be sent again though they may have been done. One that looks at fields which another
 * one of them changes could find them as it would not have in the first place.
 */
export function repeatable(statements: readonly Statement[]): (statement: Statement) => boolean {
  const changed = new Set(statements.flatMap(changedFields));
  const isAlone = statements.length === 1;
  return (statement) =>
    statement.idempotent &&
    (isAlone ||
      statement.kind !== 'update' ||
      readFields(statement).every((field) => field !== ANY && !changed.has(field) && !changed.has(ANY)));
}

const ANY = '*';

/** The top-level fields that decide whether it applies, but for `_id`, which never changes. */
function readFields({ body: { q } }: Statement): string[] {
  return Object.keys(q as Document)
    .filter((name) => name !== '_id')
    .map((name) => (name.startsWith('$') ? ANY : name.split('.')[0]!));
}

function changedFields({ kind, body, document }: Statement): string[] {
  if (kind !== 'update') return [];
  if (document !== undefined || Array.isArray(body.u)) return [ANY];
  return Object.values(body.u as Document).flatMap((fields) =>
    Object.keys(Object(fields)).map((path) => path.split('.')[0]!),
  );
}
