/** What the queue has to know of its entries. */
export interface Prioritised {
  /** Lower numbers go first. */
  readonly priority: number;
}

interface Node<T> {
  readonly entry: T;
  readonly sequence: number;
}

/**
 * A queue by priority, first in first out inside one priority: a binary heap ordered by (priority, sequence).
 * push and shift take O(log n).
 */
export class TaskQueue<T extends Prioritised> {
  private readonly heap: Node<T>[] = [];
  private sequence = 0;

  get size(): number {
    return this.heap.length;
  }

  /** The entry that goes next, without taking it. */
  peek(): T | undefined {
    return this.heap[0]?.entry;
  }

  push(entry: T): void {
    const node = { entry, sequence: this.sequence++ };
    let at = this.heap.length;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (isBefore(this.heap[parent]!, node)) break;
      this.heap[at] = this.heap[parent]!;
      at = parent;
    }
    this.heap[at] = node;
  }

  /** Takes the entry that goes next. */
  shift(): T | undefined {
    const first = this.heap[0];
    const last = this.heap.pop();
    if (first === undefined || last === undefined || first === last) return first?.entry;
    let at = 0;
    for (let child = 1; child < this.heap.length; child = 2 * at + 1) {
      const right = this.heap[child + 1];
      if (right !== undefined && isBefore(right, this.heap[child]!)) child++;
      if (isBefore(last, this.heap[child]!)) break;
      this.heap[at] = this.heap[child]!;
      at = child;
    }
    this.heap[at] = last;
    return first.entry;
  }
}

function isBefore<T extends Prioritised>(a: Node<T>, b: Node<T>): boolean {
  return a.entry.priority === b.entry.priority
    ? a.sequence < b.sequence
    : a.entry.priority < b.entry.priority;
}
