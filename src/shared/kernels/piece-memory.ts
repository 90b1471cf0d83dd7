/** Longer pieces are not kept. */
const MAX_UNITS = 256;
/** So many at most. */
const MAX_PIECES = 1 << 16;
/** Half of the slots stay empty. */
const SLOTS = MAX_PIECES * 2;
const MAX_KEPT_UNITS = 1 << 20;
/** In front of the units of a piece: their number, and its tokens. */
const HEAD = 2;
/** Of the hash by Fowler, Noll and Vo. */
const FNV_PRIME = 0x01000193;

/**
 * How many tokens pieces of text have that were met before: a hash table with open addressing in typed arrays, looked
 * into by a position in a text. A `Map` would need a string for each piece, and the garbage collector to take it away. A
 * memory that is full begins anew.
 */
export class PieceMemory {
  /** Where in `kept` a piece is; 0 for none. */
  private readonly places = new Uint32Array(SLOTS);
  private readonly hashes = new Int32Array(SLOTS);
  private readonly kept = new Uint16Array(MAX_KEPT_UNITS);
  private end = HEAD;
  private pieces = 0;
  /** Where the piece that was last looked for would be. */
  private slot = 0;
  private hash = 0;

  /** The tokens of the piece between two positions of a text; 0 if it isn't known. */
  find(text: string, start: number, end: number): number {
    let hash = end - start;
    for (let at = start; at < end; at++) hash = Math.imul(hash ^ text.charCodeAt(at), FNV_PRIME);
    hash ^= hash >>> 15;
    let slot = hash & (SLOTS - 1);
    for (let place = this.places[slot]!; place !== 0; place = this.places[slot]!) {
      if (this.hashes[slot] === hash && this.isAt(place, text, start, end)) return this.kept[place + 1]!;
      slot = (slot + 1) & (SLOTS - 1);
    }
    this.slot = slot;
    this.hash = hash;
    return 0;
  }

  /** Keeps the piece that was looked for just now. */
  keep(text: string, start: number, end: number, tokens: number): void {
    const length = end - start;
    if (length > MAX_UNITS) return;
    if (this.pieces === MAX_PIECES || this.end + HEAD + length > MAX_KEPT_UNITS) this.clear();
    const { kept, end: place } = this;
    kept[place] = length;
    kept[place + 1] = tokens;
    for (let i = 0; i < length; i++) kept[place + HEAD + i] = text.charCodeAt(start + i);
    this.places[this.slot] = place;
    this.hashes[this.slot] = this.hash;
    this.end += HEAD + length;
    this.pieces++;
  }

  private isAt(place: number, text: string, start: number, end: number): boolean {
    const { kept } = this;
    if (kept[place] !== end - start) return false;
    for (let at = start, i = place + HEAD; at < end; at++, i++) {
      if (kept[i] !== text.charCodeAt(at)) return false;
    }
    return true;
  }

  private clear(): void {
    this.places.fill(0);
    this.end = HEAD;
    this.pieces = 0;
    this.slot = this.hash & (SLOTS - 1);
  }
}
