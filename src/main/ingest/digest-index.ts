/** Half of a SHA-256: two of a billion different files have the same with a probability of 10⁻²¹. */
const WORDS = 4;
const NONE = -1;
const FIRST_SLOTS = 1024;

/**
 * Which of numbered files came first with some content, by digests in one typed array: 28 to 56 bytes a file; a
 * `Map` takes more than twice as much.
 */
export class DigestIndex {
  private digests = new Uint32Array((FIRST_SLOTS / 2) * WORDS);
  /** For each digest the number of its file. */
  private numbers = new Int32Array(FIRST_SLOTS / 2);
  /** Places of digests, by open addressing; at most half of the slots are taken. */
  private slots = new Int32Array(FIRST_SLOTS).fill(NONE);
  private count = 0;

  /**
   * The first file with this content; undefined for the first one itself, which is kept.
   *
   * @param sha256 - in hexadecimal digits
   */
  findOrKeep(number: number, sha256: string): number | undefined {
    const digest = Uint32Array.from({ length: WORDS }, (_, word) =>
      Number.parseInt(sha256.slice(8 * word, 8 * word + 8), 16),
    );
    const slot = this.slotOf(digest);
    const place = this.slots[slot]!;
    if (place !== NONE) return this.numbers[place]!;
    this.digests.set(digest, this.count * WORDS);
    this.numbers[this.count] = number;
    this.slots[slot] = this.count++;
    if (this.count * 2 === this.slots.length) this.grow();
    return undefined;
  }

  /** Where a digest is, or would be. A digest is its own hash. */
  private slotOf(digest: Uint32Array): number {
    let slot = digest[0]! & (this.slots.length - 1);
    for (let place = this.slots[slot]!; place !== NONE; place = this.slots[slot]!) {
      if (digest.every((word, i) => this.digests[place * WORDS + i] === word)) break;
      slot = (slot + 1) & (this.slots.length - 1);
    }
    return slot;
  }

  private grow(): void {
    const { digests, numbers, slots } = this;
    this.digests = new Uint32Array(2 * digests.length);
    this.digests.set(digests);
    this.numbers = new Int32Array(2 * numbers.length);
    this.numbers.set(numbers);
    this.slots = new Int32Array(2 * slots.length).fill(NONE);
    for (let place = 0; place < this.count; place++)
      this.slots[this.slotOf(digests.subarray(place * WORDS, (place + 1) * WORDS))] = place;
  }
}
