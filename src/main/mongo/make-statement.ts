import type { BSON, Document } from 'mongodb';
import { errorMessage } from '../../shared/errors.js';
import type { RefusedItem } from './cut-batches.js';
import type { DbItems, DbOperation, ReplaceItem, UpdateItem } from './db-items.js';
import { isIdempotentUpdate, pinnedId } from './idempotence.js';
import type { Statement } from './statement.js';

/** Stands in a draft until its bytes are known. */
const NOTHING = new Uint8Array();

/**
 * A statement before it is written. There are millions, and for this V8 makes them young: objects that are written down as
 * literals it makes old once many were seen to live for a while, and then a million dead ones keep their documents alive.
 */
class Draft implements Statement {
  index = 0;
  raw: Uint8Array = NOTHING;

  constructor(
    readonly kind: Statement['kind'],
    readonly body: Document,
    readonly id: unknown,
    readonly document: Document | undefined,
    readonly idempotent: boolean,
  ) {}
}

/** What cannot be sent, as a reason. */
class Invalid extends Error {}

export interface StatementRules {
  readonly bson: typeof BSON;
  readonly options: BSON.SerializeOptions;
  /** The largest document that the server takes. */
  readonly maxDocumentBytes: number;
  /** Makes an `_id`. */
  readonly newId: () => unknown;
}

/**
 * Makes a statement of an item, or tells why there can be none: it is no such item, it can't be written as BSON, or it is
 * too large. Nothing of the item is changed.
 */
export function makeStatement<O extends DbOperation>(
  operation: O,
  item: DbItems[O],
  index: number,
  rules: StatementRules,
): Statement | RefusedItem {
  let draft: Draft | undefined;
  try {
    draft = draftOf(operation, item, rules.newId);
    draft.index = index;
    draft.raw = rules.bson.serialize(draft.body, rules.options);
    return draft.raw.length <= rules.maxDocumentBytes ? draft : tooLarge(draft, draft.raw.length, rules);
  } catch (error) {
    if (draft !== undefined && error instanceof RangeError) {
      // It is larger than what the driver writes into.
      const bytes = sizeOf(draft.body, rules);
      if (bytes > rules.maxDocumentBytes) return tooLarge(draft, bytes, rules);
    }
    return { index, id: draft?.id, code: 'MILLRACE_INVALID_INPUT', message: errorMessage(error) };
  }
}

function tooLarge({ index, id }: Draft, bytes: number, { maxDocumentBytes }: StatementRules): RefusedItem {
  const message = `it has ${bytes} bytes, and the server takes at most ${maxDocumentBytes}`;
  return { index, id, code: 'MILLRACE_OVER_LIMIT', message };
}

/** In BSON; 0 for what can't be measured. */
function sizeOf(body: Document, { bson, options }: StatementRules): number {
  try {
    return bson.calculateObjectSize(body, options);
  } catch {
    return 0;
  }
}

function draftOf(operation: DbOperation, item: unknown, newId: () => unknown): Draft {
  if (operation === 'deleteMany') {
    if (item === undefined) throw new Invalid('expected an _id, received undefined');
    return remove({ _id: item }, 1, {});
  }
  const given = object(item, 'an item');
  switch (operation) {
    case 'insertMany':
      return insert(given, newId);
    case 'updateOne':
      return update(given as UpdateItem, false);
    case 'updateMany':
      return update(given as UpdateItem, true);
    case 'replaceOne':
      return replace(given as ReplaceItem);
    case 'upsert': {
      const document = withId(given, newId);
      const q = { _id: document._id };
      const body = { q, u: document, multi: false, upsert: true };
      const id = pinnedId(q);
      return new Draft('update', body, id, id === undefined ? undefined : document, id !== undefined);
    }
    case 'bulkWrite':
      return bulkDraft(given, newId);
  }
}

function bulkDraft(item: Document, newId: () => unknown): Draft {
  const [name = '', ...others] = Object.keys(item);
  if (others.length > 0)
    throw new Invalid(`expected one operation, received ${Object.keys(item).join(', ')}`);
  const given = object(item[name], name);
  switch (name) {
    case 'insertOne':
      return insert(object(given.document ?? given, 'document'), newId);
    case 'updateOne':
      return update(given as UpdateItem, false);
    case 'updateMany':
      return update(given as UpdateItem, true);
    case 'replaceOne':
      return replace(given as ReplaceItem);
    case 'deleteOne':
      return remove(object(given.filter, 'filter'), 1, given);
    case 'deleteMany':
      return remove(object(given.filter, 'filter'), 0, given);
    default:
      throw new Invalid(`expected an operation of bulkWrite, received "${name}"`);
  }
}

function insert(given: Document, newId: () => unknown): Draft {
  const document = withId(given, newId);
  return new Draft('insert', document, document._id, document, true);
}

function update(given: UpdateItem, multi: boolean): Draft {
  const { filter, update: u } = given;
  const isPipeline = Array.isArray(u);
  const first = isPipeline ? '$' : Object.keys(object(u, 'update'))[0];
  if (!first?.startsWith('$')) throw new Invalid('expected operators as { $set: … } in "update"');
  const q = object(filter, 'filter');
  const id = pinnedId(q);
  // A second upsert could insert again, unless the filter is the _id and nothing else.
  const findsTheSame = given.upsert
    ? id !== undefined && Object.keys(q).length === 1
    : id !== undefined || multi;
  const body = withOptions({ q, u, multi }, given);
  return new Draft('update', body, id, undefined, findsTheSame && isIdempotentUpdate(u));
}

function replace(given: ReplaceItem): Draft {
  const { filter, replacement } = given;
  const document = object(replacement, 'replacement');
  if (Object.keys(document)[0]?.startsWith('$'))
    throw new Invalid('expected a document without operators in "replacement"');
  const q = object(filter, 'filter');
  const id = pinnedId(q);
  const idempotent = id !== undefined && Object.keys(q).length === 1;
  const body = withOptions({ q, u: document, multi: false }, given);
  const whole = idempotent ? withId(document, () => id) : undefined;
  return new Draft('update', body, id, whole, idempotent);
}

function remove(q: Document, limit: 0 | 1, given: Document): Draft {
  const id = pinnedId(q);
  const body = withOptions({ q, limit }, given);
  return new Draft('delete', body, id, undefined, limit === 0 || id !== undefined);
}

/** With its `_id` first, where servers put it. */
function withId(document: Document, newId: () => unknown): Document {
  for (const name in document) {
    if (name === '_id' && document._id !== undefined) return document;
    break;
  }
  const { _id: id, ...others } = document;
  return { _id: id === undefined ? newId() : id, ...others };
}

const OPTIONS = ['upsert', 'arrayFilters', 'sort', 'hint', 'collation'] as const;

/** With what it says beside which documents, and what becomes of them. */
function withOptions(body: Document, given: Document): Document {
  for (const name of OPTIONS) if (given[name] !== undefined) body[name] = given[name];
  return body;
}

function object(value: unknown, what: string): Document {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Document;
  throw new Invalid(`expected ${what} to be an object, received ${value === null ? 'null' : typeof value}`);
}
