import type { Document } from 'mongodb';
import { z } from 'zod';
import { runConcurrent } from '../run/run-concurrent.js';
import type { Inputs, Step } from '../run/step.js';
import { streamConcurrent } from '../run/stream-concurrent.js';
import { coalesced } from './coalesced.js';
import { checkFind, type FindOptions, type FindQuery, findSchema } from './find-options.js';
import { findRun, findStep } from './find-step.js';
import { loadDriver } from './load-driver.js';

export interface ConcurrentFindOptions extends FindOptions {
  queries: Inputs<FindQuery>;
}

/** What one query found. */
export interface Found<T> {
  /** The query's place in the input, from 0. */
  readonly index: number;
  readonly documents: T[];
}

const schema = findSchema.extend({
  queries: z.custom<Inputs<FindQuery>>(
    (value) => Symbol.iterator in Object(value) || Symbol.asyncIterator in Object(value),
    'expected an iterable or an async iterable',
  ),
});

/**
 * Makes many queries, some at once, and gives what each found, in the order of the queries. Queries that are the same, byte by
 * byte in BSON, are made once, and share their documents. A lost server is waited for. The first error ends it.
 *
 * @throws MillraceError `MILLRACE_CALL_FAILED`, `MILLRACE_INVALID_ARGUMENT`, `MILLRACE_MISSING_PACKAGE`; `signal.reason`; what
 * the input throws.
 *
 * @example
 * const queries = names.map((name) => ({ filter: { name }, projection: { text: 1 }, limit: 10 }));
 * const found = await concurrentFind({ collection: db.collection('chunks'), queries });
 */
export async function concurrentFind<T extends Document = Document>(
  options: ConcurrentFindOptions,
): Promise<T[][]> {
  checkFind('concurrentFind', options, schema);
  return runConcurrent(
    options.queries,
    await sharedStep<T>('concurrentFind', options, true),
    findRun(options),
  );
}

/**
 * As `concurrentFind`, but gives what each query found as soon as it is its turn, in the order of the queries. Who reads slowly
 * stops the queries. Only queries that are under way at the same time are shared. It can be iterated once.
 *
 * @throws from the iteration: as `concurrentFind`
 *
 * @example
 * for await (const { index, documents } of streamFind({ collection, queries })) await write(index, documents);
 */
export async function* streamFind<T extends Document = Document>(
  options: ConcurrentFindOptions,
): AsyncGenerator<Found<T>, void, void> {
  checkFind('streamFind', options, schema);
  const step = await sharedStep<T>('streamFind', options, false);
  const outcomes = streamConcurrent(options.queries, step, { ...findRun(options), ordered: true });
  for await (const outcome of outcomes) {
    if (outcome.state !== 'done') throw outcome.error;
    yield { index: outcome.index, documents: outcome.value };
  }
}

async function sharedStep<T extends Document>(
  call: string,
  options: ConcurrentFindOptions,
  keeps: boolean,
): Promise<Step<FindQuery, T[]>> {
  const { BSON } = await loadDriver(call);
  const { bsonOptions } = options.collection;
  // What would be sent, in BSON: equal only if it is the same for the server.
  const keyOf = (query: FindQuery) => Buffer.from(BSON.serialize(query, bsonOptions)).toString('latin1');
  return coalesced(findStep<T>(options), keyOf, keeps);
}
