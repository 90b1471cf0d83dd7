import type { Collection, Document } from 'mongodb';
import { z } from 'zod';
import { MillraceError } from '../../shared/errors.js';
import { checkOptions } from '../../shared/options.js';
import { batchDbOperation } from './batch-db-operation.js';
import { BSON_TYPES, bsonValue } from './bson-order.js';
import type { UpdateItem } from './db-items.js';
import type { RejectedItem } from './db-outcome.js';
import { isIdempotentUpdate } from './idempotence.js';
import { loadDriver } from './load-driver.js';
import { type RangeRunOptions, type RangeRunResult, rangeRunSchema, runRanges } from './run-ranges.js';

export interface UpdateInBatchesOptions extends RangeRunOptions {
  collection: Collection;
  /** Which documents. Default: all. Each is looked at again when it is changed, unless `recheck` is false. */
  filter?: Document | undefined;
  /** Operators that may be repeated, as `$set` and `$unset`. */
  update: Document;
  /** Whether a document must still match the filter when it is changed. Default: true. */
  recheck?: boolean | undefined;
  /** Told of each document that could not be changed. */
  onRejected?: ((rejected: RejectedItem) => void) | undefined;
}

export interface UpdateInBatchesResult extends RangeRunResult {
  /** Documents of this run that are other than before; in a batch of which some could not be changed, maybe fewer. */
  modified: number;
  /** Documents that could not be changed; see `onRejected`. */
  rejected: number;
  elapsedMs: number;
}

/** Only ids are read, and all of them have to be in one statement. */
const MAX_BYTES = 2 ** 23;

/**
 * Changes all documents that match a filter, batch by batch, in the order of their `_id`s, as `unset` of a field all over a
 * collection. After whatever ended it the same call goes on and repeats at most one batch a range of `_id`s. Documents that
 * come to match while it runs may be missed.
 *
 * @throws MillraceError `MILLRACE_INVALID_ARGUMENT`, also for operators that must not be repeated (`$inc`, `$push`,
 * pipelines); `MILLRACE_LOCKED` while another process does the same; DbOperationError; `signal.reason`
 *
 * @example
 * const filter = { embedding: { $exists: true } };
 * await updateInBatches({ collection: db.collection('chunks'), filter, update: { $unset: { embedding: '' } } });
 */
export async function updateInBatches(options: UpdateInBatchesOptions): Promise<UpdateInBatchesResult> {
  checkOptions('updateInBatches', z.object(rangeRunSchema), options);
  const { collection, filter, update, recheck = true, onRejected } = options;
  if (Array.isArray(update) || Object.keys(update).length === 0 || !isIdempotentUpdate(update)) {
    const problem = `"update": expected operators that may be repeated, received ${JSON.stringify(update)}`;
    throw new MillraceError('MILLRACE_INVALID_ARGUMENT', `updateInBatches: ${problem}`);
  }
  const { BSON } = await loadDriver('updateInBatches');
  const startMs = performance.now();
  const counts = { modified: 0, rejected: 0 };
  const again = recheck && filter !== undefined && Object.keys(filter).length > 0 ? [filter] : [];
  const result = await runRanges(
    {
      label: 'update',
      name: `update ${collection.namespace} ${BSON.EJSON.stringify({ filter, update })}`,
      source: collection,
      filter,
      projection: { _id: 1 },
      target: collection.db,
      maxBytes: MAX_BYTES,
      async write({ documents }, signal) {
        const matching = (_id: Document) => ({ _id, ...(again.length > 0 && { $and: again }) });
        const change = (operation: 'updateMany' | 'updateOne', items: UpdateItem[]) =>
          batchDbOperation<typeof operation>({
            collection,
            operation,
            items,
            batchSize: items.length,
            concurrency: 1,
            maxSamples: items.length,
            signal,
          });
        const ids = documents.map(({ id }) => bsonValue(id));
        // In a list, a regular expression would be one that `_id`s have to match.
        if (!documents.some(({ id }) => id.type === BSON_TYPES.regex)) {
          const { modified, rejected } = await change('updateMany', [
            { filter: matching({ $in: ids }), update },
          ]);
          counts.modified += modified;
          if (rejected === 0) return;
        }
        // Which ones could not be changed is told only where each is a statement.
        const each = ids.map((id) => ({ filter: matching({ $eq: id }), update }));
        const { modified, rejected, rejections } = await change('updateOne', each);
        counts.modified += modified;
        counts.rejected += rejected;
        for (const rejection of rejections) onRejected?.(rejection);
      },
    },
    options,
  );
  return { ...result, ...counts, elapsedMs: performance.now() - startMs };
}
