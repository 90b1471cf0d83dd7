import type { Document } from 'mongodb';
import { admit } from '../policies/admit.js';
import { type GatePolicy, gatePolicy } from '../policies/gate-policy.js';
import type { StepContext } from '../run/step.js';
import { withPolicies } from '../run/with-policies.js';
import { replyOptions } from './command.js';
import { commandError, replyIn } from './command-error.js';
import type { DbCollection } from './db-operation-options.js';
import type { PoolGate } from './pool-gauge.js';
import { inTransaction } from './transaction.js';

/** Sends one command, and gives the reply as the server wrote it. */
export type SendCommand = (command: Document, context: StepContext) => Promise<Document>;
/** Reads documents by their `_id`s, in BSON. */
export type ReadDocuments = (ids: readonly unknown[], context: StepContext) => Promise<Uint8Array[]>;

export interface CommandWays {
  readonly send: SendCommand;
  readonly read: ReadDocuments;
}

/** The ways to a collection's server, through the pool's gate and, for writes, these limits. */
export function commandWays(
  collection: DbCollection,
  poolGate: PoolGate,
  policies: readonly GatePolicy[],
  transaction: boolean,
  onCommand: () => void,
): CommandWays {
  const throttle = gatePolicy({ gate: poolGate }, admit);
  const options = replyOptions(collection);
  const call = <T>(work: () => Promise<T>): Promise<T> => {
    onCommand();
    return poolGate.run(async () => {
      try {
        return await work();
      } catch (thrown) {
        throw commandError(thrown);
      }
    });
  };
  const write = (command: Document) =>
    call(async () => {
      try {
        if (transaction) return await inTransaction(collection, command, options);
        return await collection.db.command(command, options);
      } catch (thrown) {
        const reply = replyIn(thrown);
        if (reply === undefined) throw thrown;
        return reply;
      }
    });
  const find = (ids: readonly unknown[]) =>
    call(async () => {
      const filter = ids.length === 1 ? { _id: ids[0] } : { _id: { $in: ids } };
      const { db, collectionName } = collection;
      const cursor = db
        .collection(collectionName)
        .find(filter as Document, { raw: true, readPreference: 'primary' });
      return (await cursor.toArray()) as unknown as Uint8Array[];
    });
  const send = withPolicies<Document, Document>(write, ...policies, throttle);
  const read = withPolicies<readonly unknown[], Uint8Array[]>(find, throttle);
  return {
    send: async (command, context) => send(command, context),
    read: async (ids, context) => read(ids, context),
  };
}
