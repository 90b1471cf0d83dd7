import { SIGNATURE_BYTES, signatureSimilarity } from '../../shared/kernels/min-hash.js';

/** No more of the files that share a band are compared with a new one: what a hostile archive may cost. */
const MAX_COMPARED = 100;
const NONE = -1;

export interface Similar<T> {
  item: T;
  /** From 0 to 1: see `signatureSimilarity`. */
  similarity: number;
}

/** Signatures are kept in blocks of so many, so that they don't take twice their room while it grows. */
const BLOCK = 1024;

interface Block {
  readonly signatures: Uint8Array;
  /** For each band of each text, the text before it with the same slot. */
  readonly before: Int32Array;
}

/**
 * The texts so far, to find one that a new text is nearly the same as. Signatures are cut into bands, and only texts
 * that agree in a whole band are compared (locality-sensitive hashing: Leskovec, Rajaraman, Ullman, Mining of Massive
 * Datasets, 3.4). From a threshold of 0.9, 16 bands of 8 bins miss one pair in 8,000 at a similarity of 0.9; below,
 * 32 bands of 4 miss one in 22 million at 0.8, in 6,600 at 0.7, in 86 at 0.6, in 8 at 0.5. A text that has a near
 * duplicate isn't kept itself, so that a thousand copies cost no more than one. Takes about 0.2 kB a text, 0.3 below 0.9.
 */
export class NearDuplicates<T> {
  private readonly bandBytes: number;
  private readonly bands: number;
  private readonly items: T[] = [];
  private readonly blocks: Block[] = [];
  /** For each slot of each band, the text that came last. */
  private heads: Int32Array;

  /** @param threshold - how similar near duplicates are at least, from 0.5 to 1 */
  constructor(private readonly threshold: number) {
    this.bandBytes = threshold >= 0.9 ? 8 : 4;
    this.bands = SIGNATURE_BYTES / this.bandBytes;
    this.heads = new Int32Array(BLOCK * this.bands).fill(NONE);
  }

  /**
   * The item whose text is most similar to a new one's, if one is similar enough. Else the new one is kept for the next.
   */
  findOrKeep(item: T, signature: Uint8Array): Similar<T> | undefined {
    const found = this.find(signature);
    if (found === undefined) this.keep(item, signature);
    return found;
  }

  private find(signature: Uint8Array): Similar<T> | undefined {
    let best: Similar<T> | undefined;
    const compared = new Set<number>();
    for (let band = 0; band < this.bands; band++) {
      let number = this.heads[this.slotOf(signature, band)]!;
      for (; number !== NONE; number = this.beforeOf(number, band)) {
        if (compared.has(number) || !this.hasBand(number, signature, band)) continue;
        if (compared.size === MAX_COMPARED) return best;
        compared.add(number);
        const similarity = signatureSimilarity(signature, this.signatureAt(number));
        if (similarity >= this.threshold && similarity > (best?.similarity ?? 0))
          best = { item: this.items[number]!, similarity };
      }
    }
    return best;
  }

  private keep(item: T, signature: Uint8Array): void {
    const number = this.items.push(item) - 1;
    if (number % BLOCK === 0)
      this.blocks.push({
        signatures: new Uint8Array(BLOCK * SIGNATURE_BYTES),
        before: new Int32Array(BLOCK * this.bands),
      });
    this.signatureAt(number).set(signature);
    if (number * this.bands >= 2 * this.heads.length) this.rehash(number);
    this.link(number);
  }

  private link(number: number): void {
    const signature = this.signatureAt(number);
    const { before } = this.blocks[Math.floor(number / BLOCK)]!;
    for (let band = 0; band < this.bands; band++) {
      const slot = this.slotOf(signature, band);
      before[(number % BLOCK) * this.bands + band] = this.heads[slot]!;
      this.heads[slot] = number;
    }
  }

  /** Twice as many slots for the `count` texts so far. */
  private rehash(count: number): void {
    this.heads = new Int32Array(2 * this.heads.length).fill(NONE);
    for (let number = 0; number < count; number++) this.link(number);
  }

  private beforeOf(number: number, band: number): number {
    return this.blocks[Math.floor(number / BLOCK)]!.before[(number % BLOCK) * this.bands + band]!;
  }

  private signatureAt(number: number): Uint8Array {
    const start = (number % BLOCK) * SIGNATURE_BYTES;
    return this.blocks[Math.floor(number / BLOCK)]!.signatures.subarray(start, start + SIGNATURE_BYTES);
  }

  private hasBand(number: number, signature: Uint8Array, band: number): boolean {
    const other = this.signatureAt(number);
    for (let i = band * this.bandBytes; i < (band + 1) * this.bandBytes; i++)
      if (other[i] !== signature[i]) return false;
    return true;
  }

  /** FNV-1a of a band's bins, within the slots of the band. */
  private slotOf(signature: Uint8Array, band: number): number {
    let hash = 0x811c9dc5;
    for (let i = band * this.bandBytes; i < (band + 1) * this.bandBytes; i++)
      hash = Math.imul(hash ^ signature[i]!, 0x01000193);
    const slots = this.heads.length / this.bands;
    return band * slots + ((hash ^ (hash >>> 15)) & (slots - 1));
  }
}
