import type { Document } from 'mongodb';
import type { DbCollection } from './db-operation-options.js';

/** A statement that the server refused inside of a transaction, which it thereby undid. Named as the driver's error is. */
class RefusedInside extends Error {
  override readonly name = 'MongoServerError';
  readonly code: number;
  /** The statement's place in its command. */
  readonly index: number;

  constructor({ code, index, errmsg }: { code: number; index: number; errmsg: string }) {
    super(errmsg);
    this.code = code;
    this.index = index;
  }
}

/**
 * Sends a command in a transaction of its own, which is tried again as the driver's `withTransaction` does.
 *
 * @throws what the driver throws; an error of the same kind if a statement was refused
 */
export async function inTransaction(
  { db, writeConcern }: DbCollection,
  command: Document,
  options: Document,
): Promise<Document> {
  const { writeConcern: _, ...inner } = command;
  const session = db.client.startSession();
  try {
    return await session.withTransaction(
      async () => {
        const reply = await db.command(inner, { ...options, session });
        if (reply.writeErrors?.length > 0) throw new RefusedInside(reply.writeErrors[0]);
        return reply;
      },
      writeConcern === undefined ? {} : { writeConcern },
    );
  } finally {
    await session.endSession();
  }
}
