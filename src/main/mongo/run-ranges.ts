import type { Collection, Document } from 'mongodb';
import { count } from '../../shared/options.js';
import type { ProgressSink } from '../../shared/progress.js';
import type { Limiter } from '../limits/limiter.js';
import { runConcurrent } from '../run/run-concurrent.js';
import { estimatedCount } from './estimated-count.js';
import { cutRanges } from './id-ranges.js';
import { Lease } from './lease.js';
import { Patience } from './patience.js';
import { RangeCheckpoints, type RangeProgress } from './range-checkpoints.js';
import { batchesOf, type RawBatch, rawDocuments, readAhead } from './raw-documents.js';

/** What copying a collection and changing it have in common. */
export interface RangeRunOptions {
  /** Ranges that are worked on at once, each with one batch under way. Default: 4, fewer for small collections. */
  concurrency?: number | undefined;
  /** Documents that make a range worth while: where it begins has to be looked up. Default: 25,000. */
  rangeDocuments?: number | undefined;
  /** Documents that are written together, at most. Default: 1000. */
  batchSize?: number | undefined;
  /** Whether a run that was interrupted goes on where it was. Default: true. */
  resume?: boolean | undefined;
  /** The collection for checkpoints and the lease, in the database that is written to. Default: `millrace.checkpoints`. */
  checkpoints?: string | undefined;
  /** A limit that may change at any time: a batch is a call, its documents are input tokens. */
  limiter?: Limiter | undefined;
  /** Reads and counts, and writes nothing. Default: false. */
  dryRun?: boolean | undefined;
  signal?: AbortSignal | undefined;
  /** Counts `documents`, with bytes. */
  progress?: ProgressSink | undefined;
}

/** What is checked of them. */
export const rangeRunSchema = {
  concurrency: count(1).optional(),
  rangeDocuments: count(1).optional(),
  batchSize: count(1, 100_000).optional(),
};

/** One kind of work on the documents of a collection. */
export interface RangeWork {
  readonly label: string;
  /** Names it and all that decides what it does: only one process does it at a time, and only the same goes on. */
  readonly name: string;
  readonly source: Collection;
  readonly filter?: Document | undefined;
  readonly projection?: Document | undefined;
  /** The database that is written to. */
  readonly target: Collection['db'];
  readonly maxBytes: number;
  /** May be repeated. When it returns all is acknowledged. */
  write(batch: RawBatch, signal: AbortSignal): Promise<void>;
}

export interface RangeRunResult {
  /** Documents, those of an earlier run included. */
  documents: number;
  bytes: number;
  /** Documents that an earlier run had done. */
  resumed: number;
}

const MAX_RANGES = 4;

/**
 * Works on a collection range by range of its `_id`s: each range is read in order and handed on batch by batch, and after
 * each batch its place is kept, so that after whatever ended a run the next one repeats at most one batch a range.
 *
 * @throws MillraceError `MILLRACE_LOCKED` while another process does the same work; what `write` and the driver throw;
 * `signal.reason`
 */
export async function runRanges(work: RangeWork, options: RangeRunOptions): Promise<RangeRunResult> {
  const { signal, dryRun = false } = options;
  signal?.throwIfAborted();
  if (dryRun) return new RangeRun(work, options, undefined, signal).run();
  const collection = work.target.collection(options.checkpoints ?? 'millrace.checkpoints');
  await using lease = await Lease.take(collection, work.name, { signal });
  const both = signal === undefined ? lease.signal : AbortSignal.any([signal, lease.signal]);
  const checkpoints = new RangeCheckpoints(collection, work.name, new Patience(work.target.client), both);
  const result = await new RangeRun(work, options, checkpoints, both).run();
  await checkpoints.clear();
  return result;
}

class RangeRun {
  private readonly counts = { documents: 0, bytes: 0, resumed: 0 };
  private total = 0;

  constructor(
    private readonly work: RangeWork,
    private readonly options: RangeRunOptions,
    private readonly checkpoints: RangeCheckpoints | undefined,
    private readonly signal: AbortSignal | undefined,
  ) {}

  async run(): Promise<RangeRunResult> {
    const { signal, counts } = this;
    const { concurrency = MAX_RANGES } = this.options;
    const ranges = await this.ranges();
    for (const { documents, bytes } of ranges) {
      counts.documents += documents;
      counts.bytes += bytes;
    }
    counts.resumed = counts.documents;
    this.total += counts.resumed;
    this.report();
    const open = ranges.filter(({ isDone }) => !isDone);
    await runConcurrent(open, (range, context) => this.finish(range, context.signal), {
      concurrency,
      signal,
    });
    return counts;
  }

  private async ranges(): Promise<RangeProgress[]> {
    const { source, filter } = this.work;
    const { concurrency = MAX_RANGES, rangeDocuments = 25_000, resume = true } = this.options;
    const patience = new Patience(source.db.client);
    const all = await patience.keepTrying(() => estimatedCount(source), this.signal);
    this.total =
      filter === undefined
        ? all
        : await patience.keepTrying(() => source.countDocuments(filter), this.signal);
    const found = (resume && (await this.checkpoints?.load())) || [];
    // The last range is saved last: without it a run ended while it began, and what is behind the others is in no range.
    if (found.some(({ upTo }) => upTo === undefined)) {
      if (filter === undefined) this.total -= found.reduce((sum, { documents }) => sum + documents, 0);
      return found;
    }
    await this.checkpoints?.clear();
    const most = Math.max(1, Math.floor(all / rangeDocuments));
    const cuts = await patience.keepTrying(
      () => cutRanges(source, all, Math.min(concurrency, most)),
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
    for (const range of ranges) await this.checkpoints?.save(range);
    return ranges;
  }

  private async finish(range: RangeProgress, signal: AbortSignal): Promise<void> {
    const { source, filter, projection, maxBytes } = this.work;
    const { batchSize = 1000 } = this.options;
    const { after, upTo } = range;
    const patience = new Patience(source.db.client);
    const reading = { after, upTo, filter, projection, batchSize, patience, signal };
    for await (const batch of readAhead(batchesOf(rawDocuments(source, reading), { batchSize, maxBytes }))) {
      if (this.checkpoints !== undefined) await this.write(batch, signal);
      range.after = batch.documents.at(-1)!.id;
      range.documents += batch.documents.length;
      range.bytes += batch.bytes;
      await this.checkpoints?.save(range);
      this.counts.documents += batch.documents.length;
      this.counts.bytes += batch.bytes;
      this.report();
    }
    range.isDone = true;
    await this.checkpoints?.save(range);
  }

  private async write(batch: RawBatch, signal: AbortSignal): Promise<void> {
    const use = { inputTokens: batch.documents.length, outputTokens: 0 };
    const lease = await this.options.limiter?.acquire(use, { signal });
    const startMs = performance.now();
    try {
      await this.work.write(batch, signal);
    } finally {
      lease?.end({ sent: true, usage: use, durationMs: performance.now() - startMs });
    }
  }

  private report(): void {
    const { documents, bytes } = this.counts;
    const total = Math.max(this.total, documents);
    this.options.progress?.({ label: this.work.label, done: documents, total, unit: 'documents', bytes });
  }
}
