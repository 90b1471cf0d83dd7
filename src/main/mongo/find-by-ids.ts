import type { Document } from 'mongodb';
import { z } from 'zod';
import { count } from '../../shared/options.js';
import type { Inputs, Step } from '../run/step.js';
import { streamConcurrent } from '../run/stream-concurrent.js';
import { checkFind, type FindOptions, findSchema } from './find-options.js';
import { findRun, findStep } from './find-step.js';
import { type Driver, loadDriver } from './load-driver.js';
import { idKey } from './resolve-unknown.js';

export interface FindByIdsOptions extends FindOptions {
  /** `_id`s, in any number, also several times the same. */
  ids: Inputs<unknown>;
  /** How many `_id`s a query asks for. Default: 10,000. */
  batchSize?: number | undefined;
  /** How many queries are under way at once. Default: 2, since each asks for many documents. */
  concurrency?: number | undefined;
  /** Default: all fields. `_id` is always there. */
  projection?: Document | undefined;
}

/** What there is of one `_id`. */
export interface FoundById<T> {
  /** Its place among the `_id`s, from 0. */
  readonly index: number;
  readonly id: unknown;
  /** Undefined if there is none. */
  readonly document: T | undefined;
}

const schema = findSchema.extend({
  ids: z.custom<Inputs<unknown>>(
    (value) => Symbol.iterator in Object(value) || Symbol.asyncIterator in Object(value),
    'expected an iterable or an async iterable',
  ),
  batchSize: count(1).optional(),
  projection: z.custom<Document>((value) => typeof value === 'object', 'expected an object').optional(),
});

/**
 * Finds documents by their `_id`s, with a query for each ten thousand of them, two at once unless `concurrency` says otherwise.
 *
 * @returns `documents` in the order of the `_id`s, with undefined where there is none; `missing`: those `_id`s, in their order
 * @throws as `concurrentFind`
 *
 * @example
 * const { documents, missing } = await findByIds({ collection: db.collection('chunks'), ids });
 */
export async function findByIds<T extends Document = Document>(
  options: FindByIdsOptions,
): Promise<{ documents: (T | undefined)[]; missing: unknown[] }> {
  const documents: (T | undefined)[] = [];
  const missing: unknown[] = [];
  for await (const { id, document } of streamByIds<T>(options)) {
    documents.push(document);
    if (document === undefined) missing.push(id);
  }
  return { documents, missing };
}

/**
 * As `findByIds`, but gives one after the other, in the order of the `_id`s, and holds no more than some queries' documents.
 *
 * @throws from the iteration: as `concurrentFind`
 *
 * @example
 * for await (const { id, document } of streamByIds({ collection, ids })) if (!document) console.error('missing', id);
 */
export async function* streamByIds<T extends Document = Document>(
  options: FindByIdsOptions,
): AsyncGenerator<FoundById<T>, void, void> {
  checkFind('findByIds', options, schema);
  const { BSON } = await loadDriver('findByIds');
  const { ids, batchSize = 10_000, concurrency = 2 } = options;
  const run = { ...findRun({ ...options, concurrency }), maxPending: 2 * concurrency, ordered: true };
  let index = 0;
  for await (const outcome of streamConcurrent(groups(ids, batchSize), idsStep<T>(options, BSON), run)) {
    if (outcome.state !== 'done') throw outcome.error;
    for (const { id, document } of outcome.value) yield { index: index++, id, document };
  }
}

function idsStep<T extends Document>(
  options: FindByIdsOptions,
  bson: Driver['BSON'],
): Step<unknown[], { id: unknown; document: T | undefined }[]> {
  const find = findStep<T>(options);
  const { projection } = options;
  return async (ids, context) => {
    const keys = ids.map((id) => idKey(id, bson));
    const wanted = new Map(keys.map((key, i) => [key, ids[i]]));
    const filter = wanted.size === 1 ? { _id: ids[0] } : { _id: { $in: [...wanted.values()] } };
    const found = await find({ filter, projection: projection && { ...projection, _id: 1 } }, context);
    const documents = new Map(found.map((document) => [idKey(document._id, bson), document]));
    return ids.map((id, i) => ({ id, document: documents.get(keys[i]!) }));
  };
}

async function* groups(ids: Inputs<unknown>, size: number): AsyncGenerator<unknown[]> {
  let group: unknown[] = [];
  const next = () => {
    const full = group;
    group = [];
    return full;
  };
  if (Symbol.asyncIterator in ids) {
    for await (const id of ids) if (group.push(id) === size) yield next();
  } else {
    for (const id of ids) if (group.push(id) === size) yield next();
  }
  if (group.length > 0) yield group;
}
