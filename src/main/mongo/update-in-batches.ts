import type { Collection, Document } from 'mongodb';
import { z } from 'zod';
import { MillraceError } from '../../shared/errors.js';
import { checkOptions } from '../../shared/options.js';
import { batchDbOperation } from './batch-db-operation.js';
import { bsonValue } from './bson-order.js';
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
  /** Documents of this run that are other than before. */
  modified: number;
  /** Documents that could not be changed; see `onRejected`. */
  rejected: number;
  elapsedMs: number;
}

/** Only ids are read. */
const MAX_BYTES = 2 ** 24;

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
        const items = documents.map(({ id }) => {
          const _id = { $eq: bsonValue(id) };
          return { filter: again.length > 0 ? { $and: [{ _id }, ...again] } : { _id: _id.$eq }, update };
        });
        const batchSize = documents.length;
        const { modified, rejected, rejections } = await batchDbOperation({
          collection,
          operation: 'updateOne',
          items,
          batchSize,
          concurrency: 1,
          maxSamples: batchSize,
          signal,
        });
        counts.modified += modified;
        counts.rejected += rejected;
        for (const rejection of rejections) onRejected?.(rejection);
      },
    },
    options,
  );
  return { ...result, ...counts, elapsedMs: performance.now() - startMs };
}
