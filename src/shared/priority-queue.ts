/** Children of a node of the heap: four share a cache line of keys. */
const ARITY = 4;

/**
 * A queue by key, the lowest first, and first in first out among equal keys: a 4-ary heap over typed arrays.
 * `push` and `shift` take O(log n).
 */
export class PriorityQueue<T> {
  private keys = new Float64Array(16);
  /** Puts equal keys in the order in which they came. */
  private tickets = new Float64Array(16);
  private readonly entries: T[] = [];
  private issued = 0;

  get size(): number {
    return this.entries.length;
  }

  /** The entry that goes next, without taking it. */
  peek(): T | undefined {
    return this.entries[0];
  }

  /** The key of the entry that goes next. */
  peekKey(): number | undefined {
    return this.entries.length === 0 ? undefined : this.keys[0];
  }

  /** @param ticket - among equal keys, the lower first; by default in the order of the calls */
  push(entry: T, key: number, ticket = this.issued++): void {
    let at = this.entries.length;
    if (at === this.keys.length) this.grow();
    this.entries.push(entry);
    while (at > 0) {
      const parent = Math.floor((at - 1) / ARITY);
      if (!this.isAfter(parent, key, ticket)) break;
      this.move(parent, at);
      at = parent;
    }
    this.place(at, entry, key, ticket);
  }

  /** Takes the entry that goes next. */
  shift(): T | undefined {
    const first = this.entries[0];
    const end = this.entries.length - 1;
    if (end < 1) return this.entries.pop();
    const entry = this.entries.pop()!;
    const key = this.keys[end]!;
    const ticket = this.tickets[end]!;
    let at = 0;
    for (let child = this.firstChild(at, end); child !== -1; child = this.firstChild(at, end)) {
      if (this.isAfter(child, key, ticket)) break;
      this.move(child, at);
      at = child;
    }
    this.place(at, entry, key, ticket);
    return first;
  }

  /** Leaves out the entries of which `keep` says no. Takes O(n log n). */
  filter(keep: (entry: T) => boolean): void {
    const { keys, tickets } = this;
    const entries = this.entries.splice(0);
    this.keys = new Float64Array(keys.length);
    this.tickets = new Float64Array(keys.length);
    entries.forEach((entry, i) => {
      if (keep(entry)) this.push(entry, keys[i]!, tickets[i]!);
    });
  }

  /** Which child of a node goes first; -1 if it has none. */
  private firstChild(at: number, size: number): number {
    const from = at * ARITY + 1;
    if (from >= size) return -1;
    let first = from;
    const to = Math.min(from + ARITY, size);
    for (let i = from + 1; i < to; i++) {
      if (this.isAfter(first, this.keys[i]!, this.tickets[i]!)) first = i;
    }
    return first;
  }

  private isAfter(at: number, key: number, ticket: number): boolean {
    const own = this.keys[at]!;
    return own > key || (own === key && this.tickets[at]! > ticket);
  }

  private move(from: number, to: number): void {
    this.place(to, this.entries[from]!, this.keys[from]!, this.tickets[from]!);
  }

  private place(at: number, entry: T, key: number, ticket: number): void {
    this.entries[at] = entry;
    this.keys[at] = key;
    this.tickets[at] = ticket;
  }

  private grow(): void {
    const { keys, tickets } = this;
    this.keys = new Float64Array(2 * keys.length);
    this.keys.set(keys);
    this.tickets = new Float64Array(2 * keys.length);
    this.tickets.set(tickets);
  }
}
