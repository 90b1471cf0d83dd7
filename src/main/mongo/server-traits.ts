import type { Document } from 'mongodb';
import { replyOptions } from './command.js';
import type { DbCollection } from './db-operation-options.js';

/** What one server can do, and another can't. */
export interface ServerTraits {
  readonly isFerretDb: boolean;
  readonly hasTransactions: boolean;
  /** The largest document, in bytes. */
  readonly maxDocumentBytes: number;
  /** The largest message, in bytes. */
  readonly maxMessageBytes: number;
  /** The most statements of a command. */
  readonly maxStatements: number;
  /** Commands that write, under way at once, unless a caller says otherwise. */
  readonly concurrency: number;
  /** Items of such a command, unless a caller says otherwise. */
  readonly batchSize: number;
}

/** FerretDB works off inserts in groups of so many, and goes on with the next group after an error. */
export const FERRETDB_GROUP = 100;

/** FerretDB never answers an update or delete command of a hundred statements that look for one `_id` each. */
export const FERRETDB_CHANGES = 50;

/** FerretDB's SQLite has one writer; who waits for it makes it slower. MongoDB has many. */
const CONCURRENCY = { ferretDb: 1, mongoDb: 4 };

/** A command is a transaction of FerretDB's SQLite, which takes as long as a hundred documents (6 ms). */
const BATCH_SIZE = { ferretDb: 5000, mongoDb: 1000 };

/** As a server introduces itself (`hello` and `buildInfo`). */
export function traitsOf(hello: Document, buildInfo: Document): ServerTraits {
  const isFerretDb = 'ferretdbVersion' in buildInfo || 'ferretdb' in buildInfo;
  return {
    isFerretDb,
    hasTransactions: !isFerretDb && (hello.setName !== undefined || hello.msg === 'isdbgrid'),
    maxDocumentBytes: Number(hello.maxBsonObjectSize ?? 16_777_216),
    maxMessageBytes: Number(hello.maxMessageSizeBytes ?? 48_000_000),
    maxStatements: Number(hello.maxWriteBatchSize ?? 100_000),
    concurrency: isFerretDb ? CONCURRENCY.ferretDb : CONCURRENCY.mongoDb,
    batchSize: isFerretDb ? BATCH_SIZE.ferretDb : BATCH_SIZE.mongoDb,
  };
}

const known = new WeakMap<object, ServerTraits>();

/** Asks the server, once for a client. @throws what the driver throws */
export async function serverTraits(
  collection: DbCollection,
  signal: AbortSignal | undefined,
): Promise<ServerTraits> {
  const { db } = collection;
  const asked = known.get(db.client);
  if (asked !== undefined) return asked;
  const options = { ...replyOptions(collection), signal };
  const hello = await db.command({ hello: 1 }, options);
  // Who may not ask is not talking to FerretDB, which lets everybody.
  const buildInfo = await db.command({ buildInfo: 1 }, options).catch(() => undefined);
  const traits = traitsOf(hello, buildInfo ?? {});
  if (buildInfo !== undefined) known.set(db.client, traits);
  return traits;
}
