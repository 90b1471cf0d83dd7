import type { PairPart } from '../../shared/kernels/similarity/job.js';

/**
 * The best `length` pairs of each row, as far as they are known: the higher quality first, then the lower row of
 * the other side. Each list is a heap with its worst pair on top, so memory is bounded whatever comes.
 *
 * The quality that a pair needs to get into a full list stands in shared memory, where workers read it.
 */
export class NeighbourLists {
  /** Float32 for each row: −∞, or the floor, until its list is full. */
  readonly bounds: SharedArrayBuffer;
  private readonly boundOf: Float32Array;
  private readonly others: Uint32Array;
  private readonly qualities: Float32Array;
  private readonly sizes: Uint32Array;

  constructor(
    readonly rows: number,
    readonly length: number,
    floor = Number.NEGATIVE_INFINITY,
  ) {
    this.bounds = new SharedArrayBuffer(rows * Float32Array.BYTES_PER_ELEMENT);
    this.boundOf = new Float32Array(this.bounds).fill(floor);
    this.others = new Uint32Array(rows * length);
    this.qualities = new Float32Array(rows * length);
    this.sizes = new Uint32Array(rows);
  }

  /** Offers pairs to the lists of their sources. */
  offer({ source, target, quality }: Pick<PairPart, 'source' | 'target' | 'quality'>): void {
    for (let at = 0; at < source.length; at++) this.add(source[at]!, target[at]!, quality[at]!);
  }

  /**
   * All lists, each with its best pair first; row i's begins at i × length. A heap is sorted where it stands, the
   * worst pair to the end again and again: nothing may be offered afterwards.
   */
  sorted(): { others: Uint32Array; qualities: Float32Array; sizes: Uint32Array } {
    for (let row = 0; row < this.rows; row++) {
      const start = row * this.length;
      for (let end = this.sizes[row]! - 1; end > 0; end--) {
        const [other, quality] = [this.others[start + end]!, this.qualities[start + end]!];
        this.move(start, start + end);
        this.sink(start, end, other, quality);
      }
    }
    const { others, qualities, sizes } = this;
    return { others, qualities, sizes };
  }

  /** Whether a pair that was offered to a row's list is in it, once lists are sorted. */
  holds(row: number, other: number, quality: number): boolean {
    if (this.sizes[row]! < this.length) return true;
    const worst = (row + 1) * this.length - 1;
    return this.isWorse(worst, other, quality) || this.others[worst] === other;
  }

  private add(row: number, other: number, quality: number): void {
    const start = row * this.length;
    const size = this.sizes[row]!;
    if (size < this.length) {
      this.rise(start, size, other, quality);
      this.sizes[row] = size + 1;
    } else if (this.isWorse(start, other, quality)) {
      this.sink(start, this.length, other, quality);
    }
    if (this.sizes[row] === this.length) this.boundOf[row] = this.qualities[start]!;
  }

  /** Whether what stands at `at` is worse than the given pair. */
  private isWorse(at: number, other: number, quality: number): boolean {
    const found = this.qualities[at]!;
    return found < quality || (found === quality && this.others[at]! > other);
  }

  /** Puts a pair at the end of a heap, and up as long as its parent is better. */
  private rise(start: number, end: number, other: number, quality: number): void {
    let at = end;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (this.isWorse(start + parent, other, quality)) break;
      this.move(start + parent, start + at);
      at = parent;
    }
    this.put(start + at, other, quality);
  }

  /** Puts a pair on top of a heap of some size, and down as long as a child is worse. */
  private sink(start: number, size: number, other: number, quality: number): void {
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= size) break;
      const right = start + child + 1;
      if (child + 1 < size && !this.isWorse(start + child, this.others[right]!, this.qualities[right]!))
        child++;
      if (!this.isWorse(start + child, other, quality)) break;
      this.move(start + child, start + at);
      at = child;
    }
    this.put(start + at, other, quality);
  }

  private move(from: number, to: number): void {
    this.others[to] = this.others[from]!;
    this.qualities[to] = this.qualities[from]!;
  }

  private put(at: number, other: number, quality: number): void {
    this.others[at] = other;
    this.qualities[at] = quality;
  }
}
