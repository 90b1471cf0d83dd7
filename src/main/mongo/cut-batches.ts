import type { Refusal, Statement, StatementKind } from './statement.js';

/** What goes to the server as one command. */
export interface Batch {
  readonly kind: StatementKind;
  readonly statements: readonly Statement[];
  /** An item after them that is refused without being sent: only where the order counts. */
  readonly refused?: RefusedItem;
}

/** An item that can't be sent. */
export interface RefusedItem extends Refusal {
  readonly index: number;
  readonly id: unknown;
}

export interface BatchBounds {
  /** The most statements of a batch of this kind. Asked anew for each batch. */
  readonly maxCount: (kind: StatementKind) => number;
  /** The most bytes of a batch, in BSON. A statement that is larger goes alone. */
  readonly maxBytes: number;
  /** Whether batches keep the order of the statements, or gather them by kind. */
  readonly ordered: boolean;
  /** Whether it has to be the only one of its batch. */
  readonly isAlone?: ((statement: Statement) => boolean) | undefined;
}

/** What an element of a list costs beside itself: its type, its index as a name, a zero. */
const ELEMENT_BYTES = 9;

/** Makes batches of statements, of one kind each, by number and bytes. */
export class BatchCutter {
  private readonly open = new Map<StatementKind, { statements: Statement[]; bytes: number }>();

  constructor(private readonly bounds: BatchBounds) {}

  /** How many statements are in no batch yet. */
  get size(): number {
    let size = 0;
    for (const { statements } of this.open.values()) size += statements.length;
    return size;
  }

  /** The batches that are ready because of it. It is in the last of them, or in one to come. */
  push(statement: Statement): Batch[] {
    const { kind } = statement;
    const { ordered, maxBytes, maxCount, isAlone } = this.bounds;
    const ready = ordered && !this.open.has(kind) && this.open.size > 0 ? this.flush() : [];
    const bytes = statement.raw.length + ELEMENT_BYTES;
    if (isAlone?.(statement)) {
      if (ordered) ready.push(...this.flush());
      return [...ready, { kind, statements: [statement] }];
    }
    const before = this.open.get(kind);
    if (before !== undefined && before.bytes + bytes > maxBytes) ready.push(this.close(kind, before));
    const batch = this.open.get(kind) ?? { statements: [], bytes: 0 };
    this.open.set(kind, batch);
    batch.statements.push(statement);
    batch.bytes += bytes;
    if (batch.statements.length >= maxCount(kind)) ready.push(this.close(kind, batch));
    return ready;
  }

  /** What is left. */
  flush(): Batch[] {
    return [...this.open].map(([kind, batch]) => this.close(kind, batch));
  }

  private close(kind: StatementKind, { statements }: { statements: Statement[] }): Batch {
    this.open.delete(kind);
    return { kind, statements };
  }
}
