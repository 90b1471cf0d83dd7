import type { BSONSerializeOptions, Document } from 'mongodb';
import type { DbCollection } from './db-operation-options.js';
import { documentSequence } from './document-sequence.js';
import { driver } from './load-driver.js';
import type { Statement, StatementKind } from './statement.js';

const LIST: Record<StatementKind, string> = { insert: 'documents', update: 'updates', delete: 'deletes' };

/**
 * Whether the driver sends what is BSON already as it is. Not where it encrypts, since it has to look inside, and not if the
 * collection came from another copy of it, which would not know the section for what it is.
 */
export function takesSequences({ db: { client } }: DbCollection): boolean {
  return client instanceof driver().MongoClient && client.options.autoEncryption === undefined;
}

/** Makes one write command for all of these statements, which are of one kind. */
export function commandOf(
  collection: DbCollection,
  statements: readonly Statement[],
  ordered: boolean,
  more: Document = {},
): Document {
  const { kind } = statements[0]!;
  const list = LIST[kind];
  const bodies = statements.map(({ body }) => body);
  const raws = statements.map(({ raw }) => raw);
  return {
    [kind]: collection.collectionName,
    [list]: takesSequences(collection) ? documentSequence(list, bodies, raws) : bodies,
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
