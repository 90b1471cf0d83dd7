/**
 * The door `millrace/mongo`: databases that speak MongoDB's protocol, over the package `mongodb` (7), which Millrace does not
 * install by itself.
 *
 * @module
 */

export { type PoolSample, suggestPoolSize } from '../tuning/pool-size.js';
export { batchDbOperation } from './mongo/batch-db-operation.js';
export {
  type ConcurrentFindOptions,
  concurrentFind,
  type Found,
  streamFind,
} from './mongo/concurrent-find.js';
export {
  type CopyCollectionOptions,
  type CopyCollectionResult,
  copyCollection,
  type RejectedDocument,
} from './mongo/copy-collection.js';
export type {
  BulkItem,
  DbItems,
  DbOperation,
  DeleteItem,
  ReplaceItem,
  UpdateItem,
} from './mongo/db-items.js';
export { DbOperationError } from './mongo/db-operation-error.js';
export type {
  CountLimit,
  DbCallOptions,
  DbCollection,
  DbOperationOptions,
  DbRetryOptions,
} from './mongo/db-operation-options.js';
export type { DbOutcome, RejectedItem, UnknownItem } from './mongo/db-outcome.js';
export { type FindByIdsOptions, type FoundById, findByIds, streamByIds } from './mongo/find-by-ids.js';
export type { FindOptions, FindQuery } from './mongo/find-options.js';
export { type PoolUse, watchPool } from './mongo/pool-gauge.js';
export type { RangeRunOptions, RangeRunResult } from './mongo/run-ranges.js';
export {
  type UpdateInBatchesOptions,
  type UpdateInBatchesResult,
  updateInBatches,
} from './mongo/update-in-batches.js';
export {
  type Difference,
  type VerifyCollectionsOptions,
  type VerifyCollectionsResult,
  verifyCollections,
} from './mongo/verify-collections.js';
