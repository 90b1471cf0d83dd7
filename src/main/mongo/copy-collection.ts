import type { Collection } from 'mongodb';
import { z } from 'zod';
import { MillraceError } from '../../shared/errors.js';
import { checkOptions, count } from '../../shared/options.js';
import type { ProgressSink } from '../../shared/progress.js';
import type { Limiter } from '../limits/limiter.js';
import { runConcurrent } from '../run/run-concurrent.js';
import { bsonValue } from './bson-order.js';
import { copyIndexes } from './copy-indexes.js';
import { cutRanges } from './id-ranges.js';
import { insertRaw } from './insert-raw.js';
import { Lease } from './lease.js';
import { Patience } from './patience.js';
import { RangeCheckpoints, type RangeProgress } from './range-checkpoints.js';
import { batchesOf, type RawBatch, rawDocuments, readAhead } from './raw-documents.js';

export interface CopyCollectionOptions {
  /** Where to read from. */
  source: Collection;
  /** Where to write to: another namespace, or another server. It may have documents already. */
  target: Collection;
  /** Ranges that are copied at once, each with one batch under way. Default: 4, fewer for small collections. */
  concurrency?: number | undefined;
  /** Documents that make a range worth while: where it begins has to be looked up. Default: 25,000. */
  rangeDocuments?: number | undefined;
  /** Documents that are written together, at most. Default: 1000. */
  batchSize?: number | undefined;
  /** Bytes that are written together, at most, but for a single larger document. Default: 16 MiB. */
  maxBytes?: number | undefined;
  /** Whether indexes are made in the target, too, when all documents are there. Default: true. */
  indexes?: boolean | undefined;
  /** Whether a copy that was interrupted goes on where it was. Default: true. */
  resume?: boolean | undefined;
  /** The collection of the target's database for checkpoints and the lease. Default: `millrace.checkpoints`. */
  checkpoints?: string | undefined;
  /** A limit that may change at any time: a batch is a call, its documents are input tokens. */
  limiter?: Limiter | undefined;
  /** Reads and counts, and writes nothing. Default: false. */
  dryRun?: boolean | undefined;
  /** Told of each document that could not be written. */
  onRejected?: ((rejected: RejectedDocument) => void) | undefined;
  signal?: AbortSignal | undefined;
  /** Counts `documents`, label `copy`, with bytes. */
  progress?: ProgressSink | undefined;
}

export interface RejectedDocument {
  readonly _id: unknown;
  readonly problem: string;
}

export interface CopyCollectionResult {
  /** Documents of the source, those of an earlier run included. */
  documents: number;
  bytes: number;
  /** Of this run: documents that were written, and that were there before with the same bytes. */
  written: number;
  same: number;
  /** Documents that could not be written; see `onRejected`. */
  rejected: number;
  /** Documents that an earlier run had copied. */
  resumed: number;
  /** The names of indexes that were made. */
  indexes: string[];
  elapsedMs: number;
}

const optionsSchema = z.object({
  concurrency: count(1).optional(),
  rangeDocuments: count(1).optional(),
  batchSize: count(1, 100_000).optional(),
  maxBytes: count(1).optional(),
});

const MAX_RANGES = 4;

/**
 * Copies a collection, byte for byte: field order, `Long`, `-0` and all types of `_id` stay what they are. The `_id`s are cut
 * into ranges; each is read in order and written batch by batch, and after each acknowledgement its place is kept in the
 * target's database, so that after whatever ended a copy the same call repeats at most one batch a range. What is repeated is
 * compared: the same bytes count as done, another document with the `_id` is rejected and never overwritten. Documents
 * that are inserted or changed in the source meanwhile may be missed: `verifyCollections` tells.
 *
 * @throws MillraceError `MILLRACE_INVALID_ARGUMENT` for one namespace in both places; `MILLRACE_LOCKED` while another process
 * copies to the target; what the driver throws, once it has failed eight times in a row; `signal.reason`
 *
 * @example
 * const client = await MongoClient.connect(process.env.MONGODB_URI);
 * const talks = client.db('talks');
 * await copyCollection({ source: talks.collection('chunks'), target: client.db('backup').collection('chunks') });
 */
export async function copyCollection(options: CopyCollectionOptions): Promise<CopyCollectionResult> {
  checkOptions('copyCollection', optionsSchema, options);
  const { source, target, dryRun = false, indexes = true, signal } = options;
  refuseSame(source, target);
  const startMs = performance.now();
  const name = `copy ${source.namespace} to ${target.namespace}`;
  const checkpoints = target.db.collection(options.checkpoints ?? 'millrace.checkpoints');
  await using lease = dryRun ? undefined : await Lease.take(checkpoints, name, { signal });
  const signals = [signal, lease?.signal].filter((each) => each !== undefined);
  const copy = new Copy(
    options,
    new RangeCheckpoints(checkpoints, name, new Patience(), signal),
    AbortSignal.any(signals),
  );
  const result = await copy.run();
  const made = indexes && !dryRun ? await copyIndexes(source, target) : [];
  if (!dryRun) await copy.checkpoints.clear();
  return { ...result, indexes: made, elapsedMs: performance.now() - startMs };
}

function refuseSame(source: Collection, target: Collection): void {
  const hosts = ({ db }: Collection) => [...db.client.options.hosts].map(String).sort().join();
  if (source.namespace !== target.namespace || hosts(source) !== hosts(target)) return;
  const problem = `"target": expected another namespace than the source's, received ${target.namespace}`;
  throw new MillraceError('MILLRACE_INVALID_ARGUMENT', `copyCollection: ${problem}`);
}

/** One run. */
class Copy {
  private readonly counts = { documents: 0, bytes: 0, written: 0, same: 0, rejected: 0, resumed: 0 };
  private total = 0;

  constructor(
    private readonly options: CopyCollectionOptions,
    readonly checkpoints: RangeCheckpoints,
    private readonly signal: AbortSignal,
  ) {}

  async run(): Promise<Omit<CopyCollectionResult, 'indexes' | 'elapsedMs'>> {
    const { signal, counts } = this;
    this.total = await new Patience().keepTrying(() => this.options.source.estimatedDocumentCount(), signal);
    const ranges = await this.ranges();
    for (const { documents, bytes } of ranges) {
      counts.documents += documents;
      counts.bytes += bytes;
    }
    counts.resumed = counts.documents;
    const open = ranges.filter(({ isDone }) => !isDone);
    const { concurrency = MAX_RANGES } = this.options;
    this.report();
    await runConcurrent(open, (range, context) => this.copyRange(range, context.signal), {
      concurrency,
      signal,
    });
    return counts;
  }

  private async ranges(): Promise<RangeProgress[]> {
    const { source, concurrency = MAX_RANGES, rangeDocuments = 25_000, resume = true, dryRun } = this.options;
    if (!dryRun) {
      const found = resume ? await this.checkpoints.load() : [];
      if (found.length > 0) return found;
      await this.checkpoints.clear();
    }
    const most = Math.max(1, Math.floor(this.total / rangeDocuments));
    const cuts = await new Patience().keepTrying(
      () => cutRanges(source, this.total, Math.min(concurrency, most)),
      this.signal,
    );
    const ranges = [...cuts, undefined].map((upTo, range) => ({
      range,
      upTo,
      after: cuts[range - 1],
      documents: 0,
      bytes: 0,
      isDone: false,
    }));
    if (!dryRun) for (const range of ranges) await this.checkpoints.save(range);
    return ranges;
  }

  private async copyRange(range: RangeProgress, signal: AbortSignal): Promise<void> {
    const { source, batchSize = 1000, maxBytes = 2 ** 24, dryRun } = this.options;
    const { after, upTo } = range;
    const documents = rawDocuments(source, { after, upTo, batchSize, patience: new Patience(), signal });
    for await (const batch of readAhead(batchesOf(documents, { batchSize, maxBytes }))) {
      if (!dryRun) await this.write(batch, signal);
      range.after = batch.documents.at(-1)!.id;
      range.documents += batch.documents.length;
      range.bytes += batch.bytes;
      if (!dryRun) await this.checkpoints.save(range);
      this.counts.documents += batch.documents.length;
      this.counts.bytes += batch.bytes;
      this.report();
    }
    range.isDone = true;
    if (!dryRun) await this.checkpoints.save(range);
  }

  private async write({ documents }: RawBatch, signal: AbortSignal): Promise<void> {
    const { target, limiter, onRejected } = this.options;
    const use = { inputTokens: documents.length, outputTokens: 0 };
    const lease = await limiter?.acquire(use, { signal });
    const startMs = performance.now();
    try {
      const { inserted, same, rejected } = await insertRaw(target, documents, new Patience(), signal);
      this.counts.written += inserted;
      this.counts.same += same;
      this.counts.rejected += rejected.length;
      for (const { document, problem } of rejected) onRejected?.({ _id: bsonValue(document.id), problem });
    } finally {
      lease?.end({ sent: true, usage: use, durationMs: performance.now() - startMs });
    }
  }

  private report(): void {
    const { documents, bytes } = this.counts;
    const total = Math.max(this.total, documents);
    this.options.progress?.({ label: 'copy', done: documents, total, unit: 'documents', bytes });
  }
}
