import type { CollationOptions, Document, Hint, Sort } from 'mongodb';
import { z } from 'zod';
import { checkOptions, count, numberFrom } from '../../shared/options.js';
import type { ProgressSink } from '../../shared/progress.js';
import type { GatePolicy } from '../policies/gate-policy.js';
import type { RunMeter } from '../run/run-meter.js';
import type { DbCallOptions, DbCollection, DbRetryOptions } from './db-operation-options.js';

/** A query, as `find` takes it. */
export interface FindQuery {
  filter: Document;
  projection?: Document | undefined;
  sort?: Sort | undefined;
  limit?: number | undefined;
  skip?: number | undefined;
  hint?: Hint | undefined;
  collation?: CollationOptions | undefined;
}

/** What all reading calls take. */
export interface FindOptions extends DbCallOptions {
  /** A collection of the driver (`mongodb` 7). Its read preference and read concern hold. */
  collection: DbCollection & { find: unknown };
  /** How many queries are under way at once. Default: 8. */
  concurrency?: number | undefined;
  /** Ends what is under way, too. */
  signal?: AbortSignal | undefined;
  /** Told at the start and after each query. */
  progress?: ProgressSink | undefined;
  /** Measures queries: see `operationMetrics`. */
  metrics?: RunMeter | undefined;
}

const callback = () =>
  z.custom<never>((value) => typeof value === 'function', 'expected a function').optional();

export const findSchema = z.strictObject({
  collection: z.custom<FindOptions['collection']>(
    (value) => typeof value === 'object' && value !== null && 'find' in value && 'db' in value,
    'expected a collection of the package mongodb',
  ),
  concurrency: count(1).optional(),
  signal: z
    .custom<AbortSignal>((value) => value instanceof AbortSignal, 'expected an AbortSignal')
    .optional(),
  progress: callback(),
  metrics: z.custom<RunMeter>().optional(),
  retry: z.custom<DbRetryOptions>().optional(),
  label: z.string('expected a string').optional(),
  policies: z
    .array(z.custom<GatePolicy>((value) => typeof value === 'function', 'expected policies'))
    .optional(),
  poolShare: numberFrom(0, 1).optional(),
});

/** @throws MillraceError `MILLRACE_INVALID_ARGUMENT` */
export function checkFind(call: string, options: FindOptions, schema: z.ZodType = findSchema): void {
  checkOptions(call, schema, options);
}
