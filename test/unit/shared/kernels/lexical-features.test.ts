import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type FeatureCounts, lexicalFeatures } from '../../../../src/shared/kernels/lexical-features.js';

const total = (counts: FeatureCounts) => [...counts.values()].reduce((sum, count) => sum + count, 0);
const sorted = (counts: FeatureCounts) => [...counts.values()].sort((a, b) => b - a);
const shared = (a: FeatureCounts, b: FeatureCounts) =>
  [...a.keys()].filter((feature) => b.has(feature)).length;

/** The pieces of a word as strings. */
function piecesOf(word: string): string[] {
  const marked = `<${word}>`;
  const pieces: string[] = [];
  for (const length of [3, 4, 5]) {
    for (let i = 0; i + length <= marked.length; i++) pieces.push(marked.slice(i, i + length));
  }
  return pieces.filter((piece) => piece !== marked);
}

describe('lexicalFeatures', () => {
  it('counts words, pairs of words, and the pieces of words', () => {
    const word = fc.string({ unit: fc.constantFrom('a', 'b', 'é', 'ж', '7'), minLength: 1, maxLength: 9 });
    fc.assert(
      fc.property(fc.array(word, { maxLength: 12 }), (words) => {
        const { words: counted, parts } = lexicalFeatures(words.join(' — '));
        const tally = new Map<string, number>();
        for (const one of words) tally.set(one, (tally.get(one) ?? 0) + 1);
        expect(sorted(counted)).toEqual([...tally.values()].sort((a, b) => b - a));
        const pairs = words.slice(1).map((second, i) => `${words[i]} ${second}`);
        const expectedParts = [...pairs, ...words.flatMap(piecesOf)];
        expect(total(parts)).toBe(expectedParts.length);
        expect(parts.size).toBe(new Set(expectedParts).size);
      }),
    );
  });

  it('does not care about case, compatibility forms, punctuation and white space', () => {
    const plain = lexicalFeatures('the mill race is full');
    expect(lexicalFeatures('  Ｔhe MILL-race…\n\tis “FULL”!\r')).toEqual(plain);
    expect(lexicalFeatures('cafe\u0301')).toEqual(lexicalFeatures('CAFÉ'));
  });

  it('sees what inflected forms have in common, and that a word is not its piece', () => {
    const [mills, milling, the] = ['mills', 'milling', 'the'].map((text) => lexicalFeatures(text));
    expect(shared(mills!.words, milling!.words)).toBe(0);
    expect(shared(mills!.parts, milling!.parts)).toBe(
      piecesOf('mill').filter((piece) => !piece.endsWith('>')).length,
    );
    expect(shared(the!.words, lexicalFeatures('other').parts)).toBe(0);
  });

  it('tells the order of two words', () => {
    expect(shared(lexicalFeatures('water wheel').parts, lexicalFeatures('wheel water').parts)).toBe(
      new Set([...piecesOf('water'), ...piecesOf('wheel')]).size,
    );
  });

  it('takes each character for a word in scripts without spaces', () => {
    const { words, parts } = lexicalFeatures('水車は回る。水車');
    expect([...words.values()]).toEqual([2, 2, 1, 1, 1]);
    // 水車 車は は回 回る る水: the pair that is there twice counts twice.
    expect([...parts.values()]).toEqual([2, 1, 1, 1, 1]);
    expect(lexicalFeatures('ミーティング').words.size).toBe(6);
    expect(lexicalFeatures('ระหัดวิดน้ำ').words.size).toBeGreaterThan(5);
  });

  it('separates Latin words from the characters around them', () => {
    expect(shared(lexicalFeatures('用GPT模型').words, lexicalFeatures('gpt').words)).toBe(1);
  });

  it('finds nothing where there is no letter or digit', () => {
    for (const text of ['', ' \n', '… — !?', '🙂', '\ud800']) {
      expect(lexicalFeatures(text)).toEqual({ words: new Map(), parts: new Map() });
    }
  });

  it('takes time linear in the length of a word', () => {
    const { parts } = lexicalFeatures('a'.repeat(1_000_000));
    expect(parts.size).toBe(9);
    expect(total(parts)).toBe(3_000_000 - 3);
  });

  it('has these very hashes, on every machine', () => {
    const { words, parts } = lexicalFeatures('Mill, Mühle 水');
    expect([...words.keys()]).toEqual([-1175913425, -1619282393, 155621723]);
    expect([...parts.keys()].slice(0, 4)).toEqual([-1541712022, -516025153, 804654986, 39176958]);
  });
});
