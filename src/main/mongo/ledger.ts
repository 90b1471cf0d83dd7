import type { RefusedItem } from './cut-batches.js';
import type { DbOutcome, RejectedItem, UnknownItem } from './db-outcome.js';
import type { ReplyCounts } from './reply.js';
import type { Refusal, Statement } from './statement.js';

/** Counts what became of the items, as it becomes known. Each item is entered once. */
export class Ledger {
  items = 0;
  batches = 0;
  commands = 0;
  /** What ended the operation before the input did. */
  stopped: { readonly error: unknown } | 'refused' | undefined;
  private acknowledged = 0;
  private rejected = 0;
  private unconfirmed = 0;
  private writeConcernError: Refusal | undefined;
  private readonly counts = { inserted: 0, matched: 0, modified: 0, upserted: 0, deleted: 0 };
  private readonly rejections: RejectedItem[] = [];
  private readonly unknowns: UnknownItem[] = [];

  constructor(
    private readonly maxSamples: number,
    private readonly onRejected: ((item: RejectedItem) => void) | undefined,
  ) {}

  /** How many items have come to an end. */
  get settled(): number {
    return this.acknowledged + this.rejected + this.unknowns.length;
  }

  acknowledge(statements: readonly Statement[]): void {
    this.acknowledged += statements.length;
  }

  count(counts: ReplyCounts): void {
    for (const name of Object.keys(this.counts) as (keyof ReplyCounts)[]) this.counts[name] += counts[name];
  }

  leaveUnconfirmed(statements: readonly Statement[], why: Refusal): void {
    this.unconfirmed += statements.length;
    this.writeConcernError = why;
  }

  reject({ index, id, code, message }: RefusedItem): void {
    this.rejected++;
    const item: RejectedItem = { index, id, category: 'fatal', code, message };
    if (this.rejections.length < this.maxSamples) this.rejections.push(item);
    try {
      this.onRejected?.(item);
    } catch (error) {
      this.stop({ error });
    }
  }

  loseTrackOf(statements: readonly Statement[]): void {
    for (const { index, id } of statements) this.unknowns.push({ index, id });
  }

  /** Ends the operation; only the first reason counts, but for an error, which goes before a refusal. */
  stop(why: { readonly error: unknown } | 'refused'): void {
    if (this.stopped === undefined || this.stopped === 'refused') this.stopped = why;
  }

  get outcome(): DbOutcome {
    const { items, acknowledged, rejected, unconfirmed, writeConcernError, batches, commands } = this;
    return {
      items,
      acknowledged,
      rejected,
      unknown: this.unknowns.length,
      notDone: items - this.settled,
      unconfirmed,
      writeConcernError,
      batches,
      commands,
      ...this.counts,
      rejections: [...this.rejections],
      unknowns: [...this.unknowns],
    };
  }
}
