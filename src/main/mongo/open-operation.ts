import { MillraceError } from '../../shared/errors.js';
import { admit } from '../policies/admit.js';
import { gatePolicy } from '../policies/gate-policy.js';
import { loneContext } from '../run/lone-context.js';
import type { Inputs, Step } from '../run/step.js';
import { withPolicies } from '../run/with-policies.js';
import { batchesOf } from './batch-source.js';
import type { BatchRules } from './batch-work.js';
import { commandOf, takesSequences, writeConcernOf } from './command.js';
import { commandError } from './command-error.js';
import type { Batch, BatchBounds } from './cut-batches.js';
import type { DbItems, DbOperation } from './db-items.js';
import type { DbCollection, DbOperationPlan } from './db-operation-options.js';
import type { Ledger } from './ledger.js';
import { loadDriver } from './load-driver.js';
import { makeStatement } from './make-statement.js';
import { PoolGauge } from './pool-gauge.js';
import { commandWays } from './send-command.js';
import { FERRETDB_CHANGES, FERRETDB_GROUP, type ServerTraits, serverTraits } from './server-traits.js';
import { untilAborted } from './until-aborted.js';

/** An operation that is ready to run: its batches, and what they share. */
interface OpenOperation {
  readonly batches: Inputs<Batch>;
  readonly rules: BatchRules;
  /** How many batches are under way at once. */
  readonly concurrency: number;
}

/**
 * Asks the server what it can do, and fits the operation to it.
 *
 * @throws MillraceError `MILLRACE_CALL_FAILED` if the server doesn't answer, `MILLRACE_INVALID_ARGUMENT` if it has no
 * transactions, `MILLRACE_MISSING_PACKAGE`
 */
export async function openOperation<O extends DbOperation>(
  call: string,
  plan: DbOperationPlan<O>,
  ledger: Ledger,
  tryAgain: <I, R>(step: Step<I, R>) => Step<I, R>,
): Promise<OpenOperation> {
  const { collection, operation, ordered, transaction = false } = plan;
  const { BSON: bson, ObjectId } = await loadDriver(call);
  const gate = PoolGauge.of(collection.db.client).gate(plan.poolShare);
  const { signal } = plan;
  const ask = (asked: DbCollection) =>
    gate.run(() =>
      untilAborted(serverTraits(asked, signal), signal).catch((thrown) => {
        throw signal?.aborted ? signal.reason : commandError(thrown);
      }),
    );
  const admitted = withPolicies(ask, tryAgain, gatePolicy({ gate }, admit));
  const traits = await admitted(collection, { ...loneContext(), ...(signal && { signal }) });
  if (transaction && !traits.hasTransactions) throw noTransactions(call, traits);

  const options = { ...collection.bsonOptions, checkKeys: false };
  const newId = () => new ObjectId();
  const { maxDocumentBytes } = traits;
  const make = (item: DbItems[O], index: number) =>
    makeStatement(operation, item, index, { bson, options, maxDocumentBytes, newId });
  const batches = batchesOf(plan.items, make, boundsFor(traits, plan), ledger);
  const { send, read } = commandWays(collection, gate, plan.policies ?? [], transaction, () => {
    ledger.commands++;
  });
  const more = { ...plan.commandOptions, ...writeConcernOf(collection) };
  const rules: BatchRules = {
    bson,
    options,
    ordered,
    acceptsSame: plan.existing === 'accept',
    namesErrors: (statements) =>
      !traits.isFerretDb || statements[0]?.kind !== 'update' || statements.length === 1,
    isWhole: transaction,
    ledger,
    send: (statements, context) => send(commandOf(collection, statements, ordered, more), context),
    read,
  };
  const concurrency = plan.concurrency ?? (ordered ? 1 : traits.concurrency);
  return { batches, rules, concurrency };
}

/** What a message has beside its list: the rest of the command, and what the driver adds. */
const ROOM_BYTES = 64 * 1024;

function boundsFor<O extends DbOperation>(traits: ServerTraits, plan: DbOperationPlan<O>): BatchBounds {
  const { collection, ordered, batchSize, maxBytes = traits.maxDocumentBytes } = plan;
  const { isFerretDb, maxStatements, maxDocumentBytes, maxMessageBytes } = traits;
  // A command that is one document may be a little larger than one of users.
  const mostBytes = takesSequences(collection)
    ? Math.max(maxDocumentBytes, maxMessageBytes - ROOM_BYTES)
    : maxDocumentBytes;
  return {
    ordered,
    maxBytes: Math.min(maxBytes, mostBytes),
    maxCount: (kind) => {
      const { limit } = batchSize ?? { limit: traits.batchSize };
      if (!isFerretDb) return Math.min(limit, maxStatements);
      const most = kind !== 'insert' ? FERRETDB_CHANGES : ordered ? FERRETDB_GROUP : maxStatements;
      return Math.min(limit, most);
    },
    // FerretDB ends an update command at an error, and doesn't say at which statement.
    isAlone: ({ kind, idempotent }) => isFerretDb && kind === 'update' && !idempotent,
  };
}

function noTransactions(call: string, { isFerretDb }: ServerTraits): MillraceError {
  const found = isFerretDb ? 'FerretDB, which has none' : 'a server that is neither';
  const problem = `option "transaction": expected a replica set or a sharded cluster, received ${found}`;
  return new MillraceError('MILLRACE_INVALID_ARGUMENT', `${call}: ${problem}`);
}
