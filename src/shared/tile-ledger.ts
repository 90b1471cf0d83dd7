/**
 * The ledger of a divisible job: one word per tile in shared memory.
 *
 * ```
 *   free ──claim()──▶ claimed by copy c ──publish()──▶ published
 *    │ ▲                     │
 *    │ └──────release(c)─────┘   (copy c died before its tile was handed over)
 *    └──withdraw()──▶ withdrawn
 * ```
 *
 * Copies in worker threads claim; only the main thread publishes, and only after it holds the tile's result. So
 * a worker may die at any moment: what it had not handed over goes back to free, and no tile counts twice.
 *
 * Layout: `Int32Array [cursor, state of tile 0, state of tile 1, …]`. The cursor is where fresh tiles begin;
 * it only saves scanning.
 */
const CURSOR = 0;
const FIRST_TILE = 1;
const FREE = 0;
const PUBLISHED = -1;
const WITHDRAWN = -2;

export class TileLedger {
  readonly tiles: number;
  private readonly words: Int32Array;
  /** Whether tiles went back to free behind the cursor. */
  private released = false;

  constructor(readonly buffer: SharedArrayBuffer) {
    this.words = new Int32Array(buffer);
    this.tiles = this.words.length - FIRST_TILE;
  }

  static create(tiles: number): TileLedger {
    return new TileLedger(new SharedArrayBuffer((FIRST_TILE + tiles) * Int32Array.BYTES_PER_ELEMENT));
  }

  /** Claims a free tile for `copy` (an integer from 1) and returns its number, or -1 if none is free. */
  claim(copy: number): number {
    while (Atomics.load(this.words, CURSOR) < this.tiles) {
      const tile = Atomics.add(this.words, CURSOR, 1);
      if (tile < this.tiles && this.take(tile, copy)) return tile;
    }
    for (let tile = 0; tile < this.tiles; tile++) if (this.take(tile, copy)) return tile;
    return -1;
  }

  /** Marks a tile as done. Returns false if it was done already. Main thread only. */
  publish(tile: number): boolean {
    return Atomics.exchange(this.words, FIRST_TILE + tile, PUBLISHED) !== PUBLISHED;
  }

  /** Gives back what `copy` claimed and never handed over. Main thread only. */
  release(copy: number): void {
    this.released = true;
    for (let tile = 0; tile < this.tiles; tile++) {
      Atomics.compareExchange(this.words, FIRST_TILE + tile, copy, FREE);
    }
  }

  /** Takes out the tiles that are free, and returns how many. Main thread only. */
  withdraw(): number {
    Atomics.store(this.words, CURSOR, this.tiles);
    let withdrawn = 0;
    for (let tile = 0; tile < this.tiles; tile++) {
      if (Atomics.compareExchange(this.words, FIRST_TILE + tile, FREE, WITHDRAWN) === FREE) withdrawn++;
    }
    return withdrawn;
  }

  /** Whether some tile is free to be claimed. Main thread only: it knows what was released. */
  hasFree(): boolean {
    if (Atomics.load(this.words, CURSOR) < this.tiles) return true;
    return this.released && this.words.indexOf(FREE, FIRST_TILE) !== -1;
  }

  private take(tile: number, copy: number): boolean {
    return Atomics.compareExchange(this.words, FIRST_TILE + tile, FREE, copy) === FREE;
  }
}
