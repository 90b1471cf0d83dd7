import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { minHash, SIGNATURE_BYTES, signatureSimilarity } from '../../../../src/shared/kernels/min-hash.js';
import { mulberry32 } from '../../../../src/shared/random.js';

/** The Jaccard index itself, of the sets of runs of 9. */
function jaccard(a: string, b: string): number {
  const [first, second] = [a, b].map((text) => {
    const plain = text
      .toLowerCase()
      .replaceAll(/[^a-z0-9]+/g, ' ')
      .trimStart();
    return new Set(Array.from({ length: Math.max(0, plain.length - 8) }, (_, i) => plain.slice(i, i + 9)));
  });
  const common = [...first!].filter((shingle) => second!.has(shingle)).length;
  return common / (first!.size + second!.size - common);
}

function words(random: () => number, count: number): string[] {
  return Array.from({ length: count }, () => Math.floor(random() * 1e6).toString(36));
}

describe('minHash', () => {
  it('estimates the Jaccard index', () => {
    const random = mulberry32(7);
    const errors: number[] = [];
    for (let trial = 0; trial < 200; trial++) {
      const text = words(random, 300);
      const share = random();
      const other = text.map((word) => (random() < share ** 2 ? words(random, 1)[0]! : word));
      const [a, b] = [text.join(' '), other.join(' ')];
      errors.push(signatureSimilarity(minHash(a)!, minHash(b)!) - jaccard(a, b));
    }
    const mean = errors.reduce((sum, error) => sum + error, 0) / errors.length;
    const rms = Math.sqrt(errors.reduce((sum, error) => sum + error ** 2, 0) / errors.length);
    expect(Math.abs(mean)).toBeLessThan(0.01);
    expect(rms).toBeLessThan(0.045);
    expect(Math.max(...errors.map(Math.abs))).toBeLessThan(0.16);
  });

  it('knows nothing of case, punctuation, line breaks and markup around words', () => {
    const plain = 'it was a bright cold day in april and the clocks were striking thirteen';
    const other = '  It was a bright, cold day — in April;\nand the clocks\u00a0were… STRIKING <thirteen>.';
    expect(minHash(`${plain} `)).toEqual(minHash(other));
  });

  it('finds short texts different that are', () => {
    const similarities = [
      ['a short text', 'some more text'],
      ['nine char', 'chars nine'],
      ['今日は天気がとてもいいですね', '明日はきっと雨が降るでしょうね'],
    ].map(([a, b]) => signatureSimilarity(minHash(a!)!, minHash(b!)!));
    for (const similarity of similarities) expect(similarity).toBeLessThan(0.3);
  });

  it('has a signature of 128 bytes for any text of at least 9 letters, which is wholly similar to itself', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', maxLength: 200 }), (text) => {
        const signature = minHash(text);
        if (/[a-z0-9]{9}/i.test(text)) expect(signature).not.toBeNull();
        if (signature === null) return;
        expect(signature).toHaveLength(SIGNATURE_BYTES);
        expect(signatureSimilarity(signature, signature)).toBe(1);
      }),
    );
    expect(minHash('12345678')).toBeNull();
    expect(minHash('')).toBeNull();
    expect(minHash('123456789')).not.toBeNull();
  });
});
