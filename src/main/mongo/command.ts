import type { BSONSerializeOptions, Document } from 'mongodb';
import type { DbCollection } from './db-operation-options.js';
import type { Statement, StatementKind } from './statement.js';

const LIST: Record<StatementKind, string> = { insert: 'documents', update: 'updates', delete: 'deletes' };

/** One write command for all of these statements, which are of one kind. */
export function commandOf(
  collection: string,
  statements: readonly Statement[],
  ordered: boolean,
  more: Document = {},
): Document {
  const { kind } = statements[0]!;
  return {
    [kind]: collection,
    [LIST[kind]]: statements.map(({ body }) => body),
    ordered,
    ...more,
  };
}

/** A collection's write concern as commands say it. */
export function writeConcernOf({ writeConcern }: DbCollection): Document {
  if (writeConcern === undefined) return {};
  const { w, journal: j, wtimeoutMS: wtimeout } = writeConcern;
  const said = Object.entries({ w, j, wtimeout }).filter(([, value]) => value !== undefined);
  return said.length === 0 ? {} : { writeConcern: Object.fromEntries(said) };
}

/** How replies are read, however the collection reads documents. */
export function replyOptions({ bsonOptions }: DbCollection): BSONSerializeOptions {
  return { ...bsonOptions, raw: false, promoteValues: true, promoteLongs: true, useBigInt64: false };
}
