/**
 * The door `millrace/mongo`: databases that speak MongoDB's protocol, over the package `mongodb` (7), which Millrace does not
 * install by itself.
 *
 * @module
 */
export { batchDbOperation } from './mongo/batch-db-operation.js';
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
  DbCollection,
  DbOperationOptions,
  DbRetryOptions,
} from './mongo/db-operation-options.js';
export type { DbOutcome, RejectedItem, UnknownItem } from './mongo/db-outcome.js';
