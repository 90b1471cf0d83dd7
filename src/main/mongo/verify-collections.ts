import type { Collection } from 'mongodb';
import { z } from 'zod';
import { MillraceError } from '../../shared/errors.js';
import { checkOptions, count } from '../../shared/options.js';
import type { ProgressSink } from '../../shared/progress.js';
import { bsonValue, compareBson } from './bson-order.js';
import { estimatedCount } from './estimated-count.js';
import { loadDriver } from './load-driver.js';
import { Patience } from './patience.js';
import { type RawDocument, rawDocuments, readAhead } from './raw-documents.js';

export interface VerifyCollectionsOptions {
  source: Collection;
  target: Collection;
  /** Documents that are fetched at once from each. Default: 1000. */
  batchSize?: number | undefined;
  /** Told of each difference, in the order of `_id`s. */
  onDifference?: ((difference: Difference) => void) | undefined;
  signal?: AbortSignal | undefined;
  /** Counts `documents` of both collections, label `verify`, with bytes. */
  progress?: ProgressSink | undefined;
}

/** `missing`: only in the source. `extra`: only in the target. `different`: in both, with other bytes. */
export interface Difference {
  readonly kind: 'missing' | 'extra' | 'different';
  readonly _id: unknown;
}

export interface VerifyCollectionsResult {
  /** Documents with the same bytes in both. */
  same: number;
  missing: number;
  extra: number;
  different: number;
  bytes: number;
  elapsedMs: number;
}

const optionsSchema = z.object({ batchSize: count(1, 100_000).optional() });

/**
 * Compares two collections document by document, byte for byte: both are read in the order of their `_id`s and merged, so
 * that memory doesn't grow with them. Every difference is told.
 *
 * @throws MillraceError `MILLRACE_INVALID_ARGUMENT`; `MILLRACE_INVALID_INPUT` where a server sorts `_id`s otherwise (a
 * collation of the collection); what the driver throws, once it has failed eight times in a row; `signal.reason`
 *
 * @example
 * const { missing, extra, different } = await verifyCollections({ source, target, onDifference: console.log });
 */
export async function verifyCollections(options: VerifyCollectionsOptions): Promise<VerifyCollectionsResult> {
  checkOptions('verifyCollections', optionsSchema, options);
  const { source, target, onDifference, progress, signal } = options;
  await loadDriver('verifyCollections');
  const startMs = performance.now();
  const result = { same: 0, missing: 0, extra: 0, different: 0, bytes: 0, elapsedMs: 0 };
  const sizes = await Promise.all(
    [source, target].map((collection) =>
      new Patience(collection.db.client).keepTrying(() => estimatedCount(collection), signal),
    ),
  );
  let done = 0;
  const report = () => {
    const total = Math.max(done, sizes[0]! + sizes[1]!);
    progress?.({ label: 'verify', done, total, unit: 'documents', bytes: result.bytes });
  };
  const found = (kind: Difference['kind'], { id }: RawDocument) => {
    result[kind]++;
    onDifference?.({ kind, _id: bsonValue(id) });
  };
  report();
  const [left, right] = [sorted(source, options), sorted(target, options)];
  try {
    let [a, b] = await Promise.all([next(left), next(right)]);
    while (a !== undefined || b !== undefined) {
      const order = a === undefined ? 1 : b === undefined ? -1 : compareBson(a.id, b.id);
      if (order < 0) found('missing', a!);
      else if (order > 0) found('extra', b!);
      else if (Buffer.compare(a!.bytes, b!.bytes) !== 0) found('different', a!);
      else result.same++;
      const read = [...(order <= 0 ? [a!] : []), ...(order >= 0 ? [b!] : [])];
      for (const { bytes } of read) result.bytes += bytes.length;
      done += read.length;
      if (Math.floor(done / REPORT_EVERY) > Math.floor((done - read.length) / REPORT_EVERY)) report();
      [a, b] = [order <= 0 ? await next(left) : a, order >= 0 ? await next(right) : b];
    }
  } finally {
    await Promise.all([left.return(), right.return()]);
  }
  signal?.throwIfAborted();
  if (done % REPORT_EVERY !== 0) report();
  return { ...result, elapsedMs: performance.now() - startMs };
}

const REPORT_EVERY = 1000;

async function next(documents: AsyncGenerator<RawDocument, void, void>): Promise<RawDocument | undefined> {
  const { value } = await documents.next();
  return value ?? undefined;
}

async function* sorted(
  collection: Collection,
  { batchSize = 1000, signal }: VerifyCollectionsOptions,
): AsyncGenerator<RawDocument, void, void> {
  let last: RawDocument | undefined;
  const patience = new Patience(collection.db.client);
  for await (const document of readAhead(rawDocuments(collection, { batchSize, patience, signal }))) {
    if (last !== undefined && compareBson(last.id, document.id) >= 0) {
      const ids = [last, document].map(({ id }) => JSON.stringify(bsonValue(id)));
      const problem = `_id ${ids[1]} comes behind ${ids[0]}, expected the simple order of BSON`;
      throw new MillraceError('MILLRACE_INVALID_INPUT', `${collection.namespace}: ${problem}`);
    }
    last = document;
    yield document;
  }
}
