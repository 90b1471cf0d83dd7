import { type RetryOptions, retry } from '../policies/retry.js';
import { RetryBudget } from '../policies/retry-budget.js';
import { totalOf } from '../run/input-cursor.js';
import type { Step } from '../run/step.js';
import { streamConcurrent } from '../run/stream-concurrent.js';
import { type BatchRules, BatchWork } from './batch-work.js';
import { CommandFailure } from './command-error.js';
import { type CopyCollectionOptions, type CopyCollectionResult, copyCollection } from './copy-collection.js';
import type { Batch } from './cut-batches.js';
import type { DbOperation } from './db-items.js';
import { DbOperationError } from './db-operation-error.js';
import { type DbOperationOptions, type DbOperationPlan, planDbOperation } from './db-operation-options.js';
import type { DbOutcome } from './db-outcome.js';
import { Ledger } from './ledger.js';
import { openOperation } from './open-operation.js';

/**
 * Writes many items to a MongoDB collection, in batches that are one command each, and knows at the end of each item whether
 * it was done: nothing is lost, and nothing is done twice.
 *
 * - Items are pulled as they are sent, so an endless input takes no more memory than `concurrency` batches.
 * - Documents get their `_id` before they are first sent. When a command is not answered (a lost connection, a server that goes
 *   down) what is there is read back by `_id` and compared: the same is done, what is absent is sent again, what is
 *   different is a conflict, and rejected. `$inc`, `$push` and whatever else must not be done twice is never sent again:
 *   the operation stops, and lists it as unknown.
 * - Items that can't be sent (too large, no BSON) are rejected before, and their neighbours are not concerned.
 * - A lost server is waited for (`retry`), without a slot; then it ends with an error, and the same call may go on later, with
 *   `existing: 'accept'`.
 * - Who reads the outcome needs no list of all items: there are counts, and the first `maxSamples` rejected items.
 *
 * @returns when no item is unknown. Rejected items don't throw: look at `outcome.rejected`.
 * @throws {@link DbOperationError} `MILLRACE_UNKNOWN_OUTCOME`, `MILLRACE_SERVER_UNAVAILABLE` or `MILLRACE_CALL_FAILED`, with the
 * outcome until then; MillraceError `MILLRACE_INVALID_ARGUMENT` (also for `transaction` on a server that has none),
 * `MILLRACE_MISSING_PACKAGE`; what the input or a callback threw, or `signal.reason`, unless items are unknown: then it is the
 * `cause`.
 *
 * @example
 * const outcome = await batchDbOperation({ collection: db.collection('chunks'), operation: 'insertMany', items: chunks });
 * if (outcome.rejected > 0) console.error(outcome.rejections);
 */
export function batchDbOperation<O extends DbOperation>(options: DbOperationOptions<O>): Promise<DbOutcome>;
/** The operation `copy` is {@link copyCollection}. */
export function batchDbOperation(
  options: CopyCollectionOptions & { operation: 'copy' },
): Promise<CopyCollectionResult>;
export async function batchDbOperation<O extends DbOperation>(
  options: DbOperationOptions<O> | (CopyCollectionOptions & { operation: 'copy' }),
): Promise<DbOutcome | CopyCollectionResult> {
  if (options.operation === 'copy') {
    const { operation: _operation, ...copy } = options as CopyCollectionOptions & { operation: 'copy' };
    return copyCollection(copy);
  }
  return writeInBatches(options as DbOperationOptions<O>);
}

async function writeInBatches<O extends DbOperation>(options: DbOperationOptions<O>): Promise<DbOutcome> {
  const plan = planDbOperation('batchDbOperation', options);
  const { signal, progress, label, metrics } = plan;
  signal?.throwIfAborted();
  const tryAgain = retry(waitsOf(plan));
  const ledger = new Ledger(plan.maxSamples, plan.onRejected);
  let failure: { error: unknown } | undefined;
  const { batches, rules, concurrency } = await openOperation(
    'batchDbOperation',
    plan,
    ledger,
    tryAgain,
  ).catch((error) => {
    throw error instanceof CommandFailure ? stoppedBy(error, ledger.outcome) : error;
  });
  const total = totalOf(options.items);
  const tell = () =>
    progress?.({ label, done: ledger.settled, unit: 'items', ...(total !== undefined && { total }) });
  const step = batchStep(rules, tryAgain);
  try {
    tell();
    const run = { concurrency, maxPending: concurrency, signal, label, metrics };
    for await (const _ of streamConcurrent(batches, step, run)) tell();
  } catch (error) {
    failure = { error };
  }
  return ending(ledger, failure);
}

function waitsOf({ retry: how, concurrency = 4 }: DbOperationPlan<DbOperation>): RetryOptions {
  const maxAttempts = how?.maxAttempts ?? 8;
  // Each batch may use up its attempts: there are no more than `concurrency` of them.
  const budget =
    how?.budget === undefined ? new RetryBudget({ minimum: maxAttempts * concurrency }) : how.budget;
  return { baseMs: 100, capMs: 10_000, ...how, maxAttempts, budget };
}

/** Sends a batch until all of it is in the ledger. It throws if not all is done: for metrics, since nobody else looks. */
function batchStep(rules: BatchRules, tryAgain: ReturnType<typeof retry>): Step<Batch, void> {
  const step = tryAgain<BatchWork, void>((work, context) => work.advance(context));
  return async (batch, context) => {
    const work = new BatchWork(batch, rules);
    try {
      await step(work, context);
    } catch (error) {
      if (!context.signal.aborted) rules.ledger.stop({ error });
    }
    work.giveUp();
    rules.ledger.batches++;
    if (work.problem !== undefined) throw work.problem;
  };
}

/** The outcome, or what is to be thrown instead. `failure` is what ended the run from outside. */
function ending(ledger: Ledger, failure: { error: unknown } | undefined): DbOutcome {
  const { outcome, stopped } = ledger;
  const stop = failure ?? (typeof stopped === 'object' ? stopped : undefined);
  if (outcome.unknown > 0) {
    const why = `nobody knows whether ${outcome.unknown} of ${outcome.items} items were done (see outcome.unknowns)`;
    throw new DbOperationError('MILLRACE_UNKNOWN_OUTCOME', `batchDbOperation: ${why}`, outcome, {
      // A lost server may come back, and the same call go on with `existing: 'accept'`.
      category: stop?.error instanceof CommandFailure ? stop.error.category : 'fatal',
      scope: 'run',
      cause: stop?.error,
    });
  }
  if (stop === undefined) return outcome;
  const { error } = stop;
  throw error instanceof CommandFailure ? stoppedBy(error, outcome) : error;
}

function stoppedBy({ category, message, cause, sent }: CommandFailure, outcome: DbOutcome): DbOperationError {
  const left = outcome.notDone > 0 ? `; ${outcome.notDone} items that were taken are not done` : '';
  return new DbOperationError(
    category === 'transient' ? 'MILLRACE_SERVER_UNAVAILABLE' : 'MILLRACE_CALL_FAILED',
    `batchDbOperation: ${message}${left}`,
    outcome,
    { category, cause, scope: 'run', sent },
  );
}
