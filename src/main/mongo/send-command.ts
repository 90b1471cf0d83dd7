import type { Document } from 'mongodb';
import { admit } from '../policies/admit.js';
import { type GatePolicy, gatePolicy } from '../policies/gate-policy.js';
import type { StepContext } from '../run/step.js';
import { withPolicies } from '../run/with-policies.js';
import { replyOptions } from './command.js';
import { CommandFailure, commandError, replyIn } from './command-error.js';
import type { DbCollection } from './db-operation-options.js';
import type { PoolGate } from './pool-gauge.js';
import { inTransaction } from './transaction.js';
import { graceAfter, untilAborted } from './until-aborted.js';

/** Sends one command, and gives the reply as the server wrote it. */
export type SendCommand = (command: Document, context: StepContext) => Promise<Document>;
/** Reads documents by their `_id`s, in BSON. */
export type ReadDocuments = (ids: readonly unknown[], context: StepContext) => Promise<Uint8Array[]>;

export interface CommandWays {
  readonly send: SendCommand;
  readonly read: ReadDocuments;
}

/**
 * The ways to a collection's server, through the pool's gate and, for writes, these limits. A server that doesn't answer is
 * given up at an abort: by reads at once, by writes after a second.
 */
export function commandWays(
  collection: DbCollection,
  poolGate: PoolGate,
  policies: readonly GatePolicy[],
  transaction: boolean,
  onCommand: () => void,
): CommandWays {
  const throttle = gatePolicy({ gate: poolGate }, admit);
  const options = replyOptions(collection);
  const call = <T>(signal: AbortSignal, work: () => Promise<T>): Promise<T> => {
    onCommand();
    return poolGate.run(async () => {
      try {
        return await untilAborted(work(), signal);
      } catch (thrown) {
        throw signal.aborted && thrown === signal.reason ? givenUp(thrown) : commandError(thrown);
      }
    });
  };
  const write = (command: Document, context: StepContext) => {
    const signal = graceAfter(context.signal);
    return call(signal, async () => {
      try {
        if (transaction) return await inTransaction(collection, command, { ...options, signal });
        return await collection.db.command(command, { ...options, signal });
      } catch (thrown) {
        const reply = replyIn(thrown);
        if (reply === undefined) throw thrown;
        return reply;
      }
    });
  };
  const find = (ids: readonly unknown[], { signal }: StepContext) =>
    call(signal, async () => {
      const filter = ids.length === 1 ? { _id: ids[0] } : { _id: { $in: ids } };
      const { db, collectionName } = collection;
      const cursor = db
        .collection(collectionName)
        .find(filter as Document, { raw: true, readPreference: 'primary', signal });
      return (await cursor.toArray()) as unknown as Uint8Array[];
    });
  const send = withPolicies<Document, Document>(write, ...policies, throttle);
  const read = withPolicies<readonly unknown[], Uint8Array[]>(find, throttle);
  return {
    send: async (command, context) => send(command, context),
    read: async (ids, context) => read(ids, context),
  };
}

function givenUp(cause: unknown): CommandFailure {
  const options = { category: 'transient', sent: 'unknown', cause } as const;
  return new CommandFailure('it was given up before the server answered', options);
}
