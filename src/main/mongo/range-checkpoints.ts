import type { Collection, Document } from 'mongodb';
import { bsonValue, type RawValue, rawValues } from './bson-order.js';
import type { Patience } from './patience.js';

/** How far the work on a range of `_id`s has come. */
export interface RangeProgress {
  readonly range: number;
  /** The last `_id` of the range; undefined for the last range. */
  readonly upTo: RawValue | undefined;
  /** Up to here all is acknowledged. */
  after: RawValue | undefined;
  documents: number;
  bytes: number;
  isDone: boolean;
}

/** Checkpoints of a job in a collection of the target database, a document for each range. */
export class RangeCheckpoints {
  constructor(
    private readonly collection: Collection,
    private readonly job: string,
    private readonly patience: Patience,
    private readonly signal: AbortSignal | undefined,
  ) {}

  /** The ranges of a job that didn't end, in their order; none if there is no such job. */
  load(): Promise<RangeProgress[]> {
    return this.patience.keepTrying(async () => {
      const found = this.collection.find({ job: this.job }, { raw: true }) as unknown;
      const ranges: RangeProgress[] = [];
      for await (const bytes of found as AsyncIterable<Uint8Array>) ranges.push(progressIn(bytes));
      return ranges.sort((a, b) => a.range - b.range);
    }, this.signal);
  }

  async save({ range, upTo, after, documents, bytes, isDone }: RangeProgress): Promise<void> {
    const { job } = this;
    const _id = `${job}, range ${range}`;
    const document: Document = {
      job,
      range,
      documents,
      bytes,
      isDone,
      ...(upTo && { upTo: bsonValue(upTo) }),
      ...(after && { after: bsonValue(after) }),
    };
    await this.patience.keepTrying(
      () => this.collection.replaceOne({ _id } as Document, document, { upsert: true }),
      this.signal,
    );
  }

  /** Forgets the job. */
  async clear(): Promise<void> {
    await this.patience.keepTrying(() => this.collection.deleteMany({ job: this.job }), this.signal);
  }
}

function progressIn(document: Uint8Array): RangeProgress {
  const values = rawValues(document);
  const plain = (name: string) => {
    const value = values.get(name);
    return value === undefined ? undefined : (bsonValue(value) as { valueOf(): number });
  };
  return {
    range: Number(plain('range')),
    upTo: values.get('upTo'),
    after: values.get('after'),
    documents: Number(plain('documents')),
    bytes: Number(plain('bytes')),
    isDone: Boolean(plain('isDone')),
  };
}
