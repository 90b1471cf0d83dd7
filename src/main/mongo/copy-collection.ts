import type { Collection } from 'mongodb';
import { z } from 'zod';
import { MillraceError } from '../../shared/errors.js';
import { checkOptions, count, invalidOptions } from '../../shared/options.js';
import { bsonValue } from './bson-order.js';
import { takesSequences } from './command.js';
import { copyIndexes } from './copy-indexes.js';
import { insertRaw } from './insert-raw.js';
import { loadDriver } from './load-driver.js';
import { Patience } from './patience.js';
import { type RangeRunOptions, type RangeRunResult, rangeRunSchema, runRanges } from './run-ranges.js';

export interface CopyCollectionOptions extends RangeRunOptions {
  /** Where to read from. */
  source: Collection;
  /** Where to write to: another namespace, or another server. It may have documents already. */
  target: Collection;
  /** Bytes that are written together, at most, but for a single larger document. Default: 16 MiB. */
  maxBytes?: number | undefined;
  /** Whether indexes are made in the target, too, when all documents are there. Default: true. */
  indexes?: boolean | undefined;
  /** Told of each document that could not be written. */
  onRejected?: ((rejected: RejectedDocument) => void) | undefined;
}

export interface RejectedDocument {
  readonly _id: unknown;
  readonly problem: string;
}

export interface CopyCollectionResult extends RangeRunResult {
  /** Of this run: documents that were written, and that were there before with the same bytes. */
  written: number;
  same: number;
  /** Documents that could not be written; see `onRejected`. */
  rejected: number;
  /** The names of indexes that were made. */
  indexes: string[];
  elapsedMs: number;
}

const optionsSchema = z.object({ ...rangeRunSchema, maxBytes: count(1).optional() });

/**
 * Copies a collection, byte for byte: field order, `Long`, `-0` and all types of `_id` stay what they are. After whatever ended
 * a copy, the same call goes on and repeats at most one batch a range of `_id`s. What is repeated is compared: the same bytes
 * count as done, another document with the `_id` is rejected and never overwritten. Documents that are inserted or changed in
 * the source meanwhile may be missed: `verifyCollections` tells.
 *
 * @throws MillraceError `MILLRACE_INVALID_ARGUMENT`, also for one namespace in both places; `MILLRACE_LOCKED` while another
 * process makes the same copy; what the driver throws, once it has failed eight times in a row; `signal.reason`
 *
 * @example
 * const client = await MongoClient.connect(process.env.MONGODB_URI);
 * const talks = client.db('talks');
 * await copyCollection({ source: talks.collection('chunks'), target: client.db('backup').collection('chunks') });
 */
export async function copyCollection(options: CopyCollectionOptions): Promise<CopyCollectionResult> {
  checkOptions('copyCollection', optionsSchema, options);
  const { source, target, maxBytes = 2 ** 24, indexes = true, dryRun = false, onRejected } = options;
  refuseSame(source, target);
  await loadDriver('copyCollection');
  if (!takesSequences(target)) {
    const problem = `"target": ${target.namespace}: expected a client of the package mongodb that Millrace loads, without automatic encryption`;
    throw new MillraceError('MILLRACE_INVALID_ARGUMENT', `copyCollection: ${problem}`);
  }
  const startMs = performance.now();
  const counts = { written: 0, same: 0, rejected: 0 };
  const { client } = target.db;
  const result = await runRanges(
    {
      label: 'copy',
      name: `copy ${source.namespace} to ${target.namespace}`,
      source,
      target: target.db,
      maxBytes,
      async write({ documents }, signal) {
        const { inserted, same, rejected } = await insertRaw(target, documents, new Patience(client), signal);
        counts.written += inserted;
        counts.same += same;
        counts.rejected += rejected.length;
        for (const { document, problem } of rejected) onRejected?.({ _id: bsonValue(document.id), problem });
      },
    },
    options,
  );
  const made =
    indexes && !dryRun
      ? await new Patience(client).once(() => copyIndexes(source, target), options.signal)
      : [];
  return { ...result, ...counts, indexes: made, elapsedMs: performance.now() - startMs };
}

/**
 * Needs no connection. Once there is one it knows more: which hosts a name in DNS stands for.
 *
 * @throws MillraceError `MILLRACE_INVALID_ARGUMENT` for one namespace in both places
 */
export function refuseSame(source: Collection, target: Collection): void {
  const hosts = ({ db }: Collection) => {
    const { hosts, srvHost } = db.client.options;
    return [...(hosts.length > 0 ? hosts : [srvHost])].map(String).sort().join();
  };
  if (source.namespace !== target.namespace || hosts(source) !== hosts(target)) return;
  const problem = `expected another namespace than the source's, received ${target.namespace}`;
  throw invalidOptions('copyCollection', [{ name: 'target', problem }]);
}
