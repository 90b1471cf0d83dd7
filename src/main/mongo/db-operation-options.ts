import type { Collection, Document } from 'mongodb';
import { z } from 'zod';
import { MillraceError } from '../../shared/errors.js';
import { checkOptions, count, numberFrom } from '../../shared/options.js';
import type { ProgressSink } from '../../shared/progress.js';
import { type GatePolicy, gateUseOf } from '../policies/gate-policy.js';
import type { RetryOptions } from '../policies/retry.js';
import type { RunMeter } from '../run/run-meter.js';
import type { Inputs } from '../run/step.js';
import type { DbItems, DbOperation } from './db-items.js';
import type { RejectedItem } from './db-outcome.js';

/** A number that may be changed while it is in use: it is asked anew for each batch. */
export interface CountLimit {
  readonly limit: number;
}

/** What a write command may say for all of its statements. */
export interface DbCommandOptions {
  /** Shown in the server's logs and profiles. */
  comment?: unknown;
  bypassDocumentValidation?: boolean | undefined;
  /** Variables for expressions of updates and deletes. */
  let?: Document | undefined;
}

/** What is used of a collection of the driver, whatever the type of its documents. */
export type DbCollection = Pick<Collection, 'db' | 'collectionName' | 'bsonOptions' | 'writeConcern'>;

/** How a lost server is waited for. */
export type DbRetryOptions = Pick<
  RetryOptions,
  'maxAttempts' | 'baseMs' | 'capMs' | 'budget' | 'onRetry' | 'clock' | 'random'
>;

/** What all calls take, whether they write or read. */
export interface DbCallOptions {
  /** The label of the progress reports. Default: the operation, or `'find'`. */
  label?: string | undefined;
  /** Limits that each command passes: `tokenBudget`, `concurrencyLimit`, `circuitBreaker`, and no others. */
  policies?: readonly GatePolicy[] | undefined;
  /** How a lost server is waited for. Default: 8 attempts a batch or query, full jitter from 100 ms to 10 s. */
  retry?: DbRetryOptions | undefined;
  /** Waits while this share of the client's connections is in use. Default: 0.8. */
  poolShare?: number | undefined;
}

export interface DbOperationOptions<O extends DbOperation> extends DbCallOptions {
  /** A collection of the driver (`mongodb` 7). Its write concern has to be acknowledged. */
  collection: DbCollection;
  operation: O;
  /** What is done, an item each. It is pulled as batches are sent. */
  items: Inputs<DbItems[O]>;
  /** The most items of a batch, each of which is one command. Default: 1,000; 5,000 on FerretDB. */
  batchSize?: number | CountLimit | undefined;
  /** The most bytes of a batch, in BSON; never more than the server's messages have room for. Default: its largest document (16 MiB). */
  maxBytes?: number | undefined;
  /**
   * How many batches are under way at once. Default: 4; 1 if `ordered`, and on FerretDB, whose SQLite writes one after the other.
   */
  concurrency?: number | undefined;
  /** In the order of the items, one batch at a time, until the first one is rejected. Default: false. */
  ordered?: boolean | undefined;
  /** Each batch is a transaction: done as a whole or not at all. Needs a replica set or a sharded cluster. Default: false. */
  transaction?: boolean | undefined;
  /**
   * What becomes of an insert whose document is there already, the same in every byte of BSON: a duplicate as any other one,
   * or done. `accept` is for calls that are made again after they stopped. Default: `reject`.
   */
  existing?: 'reject' | 'accept' | undefined;
  /** What every command says, too. */
  commandOptions?: DbCommandOptions | undefined;
  /**
   * Begins no more batches. Those under way have a second for the answer to their command, and are not tried again: what is not
   * answered is unknown.
   */
  signal?: AbortSignal | undefined;
  /** Told at the start and after each batch; the unit is `items`. */
  progress?: ProgressSink | undefined;
  /** Measures batches: see `operationMetrics`. One of which an item is rejected, unknown or not done has failed. */
  metrics?: RunMeter | undefined;
  /** Told of each item that is rejected. What it throws stops the operation. */
  onRejected?: ((item: RejectedItem) => void) | undefined;
  /** How many rejected items the outcome lists. Default: 1,000. */
  maxSamples?: number | undefined;
}

const callback = () =>
  z.custom<never>((value) => typeof value === 'function', 'expected a function').optional();

const schema = z.strictObject({
  collection: z.custom<DbCollection>(isCollection, 'expected a collection of the package mongodb'),
  operation: z.enum(
    ['insertMany', 'updateOne', 'updateMany', 'replaceOne', 'upsert', 'deleteMany', 'bulkWrite'],
    'expected insertMany, updateOne, updateMany, replaceOne, upsert, deleteMany or bulkWrite',
  ),
  items: z.custom<Inputs<never>>(isIterable, 'expected an iterable or an async iterable'),
  batchSize: z
    .union(
      [count(1), z.custom<CountLimit>(hasLimit)],
      'expected a whole number of at least 1, or { limit } with one',
    )
    .optional(),
  maxBytes: count(1).optional(),
  concurrency: count(1).optional(),
  ordered: z.boolean('expected true or false').optional(),
  transaction: z.boolean('expected true or false').optional(),
  commandOptions: z
    .strictObject({
      comment: z.unknown(),
      bypassDocumentValidation: z.boolean('expected true or false').optional(),
      let: z.custom<Document>((value) => typeof value === 'object', 'expected an object').optional(),
    })
    .partial()
    .optional(),
  existing: z.enum(['reject', 'accept'], "expected 'reject' or 'accept'").optional(),
  signal: z
    .custom<AbortSignal>((value) => value instanceof AbortSignal, 'expected an AbortSignal')
    .optional(),
  progress: callback(),
  label: z.string('expected a string').optional(),
  metrics: z.custom<RunMeter>().optional(),
  policies: z
    .array(
      z.custom<GatePolicy>(
        (policy) => typeof policy === 'function' && gateUseOf(policy as never) !== undefined,
        'expected only limits (tokenBudget, concurrencyLimit, circuitBreaker): a batch is sent again by itself, and ' +
          'only what is left of it; retry, timeout or hedge around it would send all of it again',
      ),
    )
    .optional(),
  retry: z.custom<DbRetryOptions>().optional(),
  poolShare: numberFrom(0, 1).optional(),
  onRejected: callback(),
  maxSamples: count(0).optional(),
});

/** Checked options, with their defaults. */
export type DbOperationPlan<O extends DbOperation> = DbOperationOptions<O> & {
  readonly ordered: boolean;
  readonly batchSize: CountLimit | undefined;
  readonly label: string;
  readonly maxSamples: number;
};

/** @throws MillraceError `MILLRACE_INVALID_ARGUMENT` */
export function planDbOperation<O extends DbOperation>(
  call: string,
  options: DbOperationOptions<O>,
): DbOperationPlan<O> {
  checkOptions(call, schema, options);
  const { ordered = false, operation, batchSize } = options;
  const invalid = (problem: string) => new MillraceError('MILLRACE_INVALID_ARGUMENT', `${call}: ${problem}`);
  const { concurrency = 1 } = options;
  if (ordered && concurrency > 1)
    throw invalid(`option "concurrency": expected 1 with "ordered", received ${concurrency}`);
  if (options.collection.writeConcern?.w === 0)
    throw invalid('option "collection": expected a write concern that is acknowledged, received w: 0');
  return {
    ...options,
    ordered,
    batchSize: typeof batchSize === 'number' ? { limit: batchSize } : batchSize,
    label: options.label ?? operation,
    maxSamples: options.maxSamples ?? 1000,
  };
}

function isCollection(value: unknown): boolean {
  return typeof value === 'object' && value !== null && 'collectionName' in value && 'db' in value;
}

function isIterable(value: unknown): boolean {
  const { [Symbol.iterator]: sync, [Symbol.asyncIterator]: async } = Object(value);
  return typeof sync === 'function' || typeof async === 'function';
}

function hasLimit(value: unknown): boolean {
  const { limit } = Object(value) as { limit?: unknown };
  return Number.isInteger(limit) && Number(limit) >= 1;
}
