import { SIGNATURE_BYTES, signatureSimilarity } from '../../shared/kernels/min-hash.js';

/** No more of the files that share a band are compared with a new one: what a hostile archive may cost. */
const MAX_COMPARED = 100;
const NONE = -1;

export interface SimilarSource {
  source: string;
  /** From 0 to 1: see `signatureSimilarity`. */
  similarity: number;
}

/**
 * The texts so far, to find one that a new text is nearly the same as. Signatures are cut into bands, and only texts
 * that agree in a whole band are compared (locality-sensitive hashing: Leskovec, Rajaraman, Ullman, Mining of Massive
 * Datasets, 3.4): 32 bands of 8 bins miss one pair in 67 million at a similarity of 0.9, in 360 at 0.8; below a threshold
 * of 0.8, 64 bands of 4 miss one in 43 million at 0.7, in 62 at 0.5. A text that has a near duplicate isn't kept itself, so
 * that a thousand copies cost no more than one. Takes about 0.6 kB a text.
 */
export class NearDuplicates {
  private readonly bandBytes: number;
  private readonly bands: number;
  private readonly sources: string[] = [];
  private signatures = new Uint8Array(64 * SIGNATURE_BYTES);
  /** For each hash of a band, the text that came last; and for each band of a text, the one before. */
  private heads: Int32Array;
  private before: Int32Array;

  /** @param threshold - how similar near duplicates are at least, from 0.5 to 1 */
  constructor(private readonly threshold: number) {
    this.bandBytes = threshold >= 0.8 ? 8 : 4;
    this.bands = SIGNATURE_BYTES / this.bandBytes;
    this.heads = new Int32Array(64 * this.bands).fill(NONE);
    this.before = new Int32Array(64 * this.bands);
  }

  /**
   * The source whose text is most similar to a new one, if one is similar enough. Else the new text is kept for the
   * next.
   */
  findOrKeep(source: string, signature: Uint8Array): SimilarSource | undefined {
    const found = this.find(signature);
    if (found !== undefined) {
      return { source: this.sources[found.number]!, similarity: found.similarity };
    }
    this.sources.push(source);
    this.keep(signature);
    return undefined;
  }

  private find(signature: Uint8Array): { number: number; similarity: number } | undefined {
    let best: { number: number; similarity: number } | undefined;
    const compared = new Set<number>();
    for (let band = 0; band < this.bands; band++) {
      let number = this.heads[this.slotOf(signature, band)]!;
      for (; number !== NONE; number = this.before[number * this.bands + band]!) {
        if (compared.size >= MAX_COMPARED) return best;
        if (compared.has(number)) continue;
        compared.add(number);
        const similarity = signatureSimilarity(signature, this.signatureAt(number));
        if (similarity >= this.threshold && similarity > (best?.similarity ?? 0))
          best = { number, similarity };
      }
    }
    return best;
  }

  private keep(signature: Uint8Array): void {
    const number = this.sources.length - 1;
    if ((number + 1) * SIGNATURE_BYTES > this.signatures.length) this.grow(number);
    this.signatures.set(signature, number * SIGNATURE_BYTES);
    this.link(number);
  }

  private link(number: number): void {
    const signature = this.signatureAt(number);
    for (let band = 0; band < this.bands; band++) {
      const slot = this.slotOf(signature, band);
      this.before[number * this.bands + band] = this.heads[slot]!;
      this.heads[slot] = number;
    }
  }

  /** Makes room for twice as many as the `count` that are kept. */
  private grow(count: number): void {
    const signatures = new Uint8Array(2 * this.signatures.length);
    signatures.set(this.signatures);
    this.signatures = signatures;
    this.heads = new Int32Array(2 * this.heads.length).fill(NONE);
    this.before = new Int32Array(2 * this.before.length);
    for (let number = 0; number < count; number++) this.link(number);
  }

  private signatureAt(number: number): Uint8Array {
    return this.signatures.subarray(number * SIGNATURE_BYTES, (number + 1) * SIGNATURE_BYTES);
  }

  /** FNV-1a of a band's number and bins, within the table. The bands of one table have slots of their own. */
  private slotOf(signature: Uint8Array, band: number): number {
    let hash = 0x811c9dc5;
    for (let i = band * this.bandBytes; i < (band + 1) * this.bandBytes; i++)
      hash = Math.imul(hash ^ signature[i]!, 0x01000193);
    const slots = this.heads.length / this.bands;
    return band * slots + ((hash ^ (hash >>> 15)) & (slots - 1));
  }
}
