import type { Inputs } from '../run/step.js';
import { type Batch, type BatchBounds, BatchCutter, type RefusedItem } from './cut-batches.js';
import type { Ledger } from './ledger.js';
import type { Statement } from './statement.js';

/** Makes a statement of the next item, or says why it can't be sent. */
export type StatementMaker<T> = (item: T, index: number) => Statement | RefusedItem;

/**
 * The batches of these items, made as they are asked for; it ends when the ledger is stopped. Items that can't be sent are
 * rejected at once, or, where the order counts, behind those before them, as the end.
 */
export function batchesOf<T>(
  items: Inputs<T>,
  make: StatementMaker<T>,
  bounds: BatchBounds,
  ledger: Ledger,
): Inputs<Batch> {
  const source = new BatchSource(make, bounds, ledger);
  return Symbol.asyncIterator in items ? asyncBatches(items, source) : syncBatches(items, source);
}

function* syncBatches<T>(items: Iterable<T>, source: BatchSource<T>): Generator<Batch> {
  for (const item of items) {
    if (source.isOver) return;
    const ready = source.take(item);
    if (ready !== undefined) yield* ready;
  }
  yield* source.end();
}

async function* asyncBatches<T>(items: AsyncIterable<T>, source: BatchSource<T>): AsyncGenerator<Batch> {
  for await (const item of items) {
    if (source.isOver) return;
    const ready = source.take(item);
    if (ready !== undefined) yield* ready;
  }
  yield* source.end();
}

class BatchSource<T> {
  private readonly cutter: BatchCutter;
  private hasRefused = false;

  constructor(
    private readonly make: StatementMaker<T>,
    private readonly bounds: BatchBounds,
    private readonly ledger: Ledger,
  ) {
    this.cutter = new BatchCutter(bounds);
  }

  get isOver(): boolean {
    return this.hasRefused || this.ledger.stopped !== undefined;
  }

  take(item: T): readonly Batch[] | undefined {
    const made = this.make(item, this.ledger.items++);
    if ('kind' in made) {
      const ready = this.cutter.push(made);
      return ready.length > 0 ? ready : undefined;
    }
    if (!this.bounds.ordered) {
      this.ledger.reject(made);
      return undefined;
    }
    this.hasRefused = true;
    const [batch = { kind: 'insert', statements: [] }] = this.cutter.flush();
    return [{ ...batch, refused: made }];
  }

  end(): readonly Batch[] {
    return this.isOver ? [] : this.cutter.flush();
  }
}
