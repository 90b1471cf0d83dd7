import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { packTexts, unpackText } from '../../../../src/shared/kernels/packed-texts.js';

describe('packTexts', () => {
  it('gives back every text', () => {
    const text = fc.string({ unit: 'binary', maxLength: 50 });
    fc.assert(
      fc.property(fc.array(text), (texts) => {
        const packed = packTexts(texts);
        expect(packed.count).toBe(texts.length);
        expect(texts.map((_, i) => unpackText(packed, i))).toEqual(texts);
      }),
    );
  });

  it('turns lone surrogates into U+FFFD', () => {
    expect(unpackText(packTexts(['', 'a\ud800b\udc00']), 1)).toBe('a\ufffdb\ufffd');
  });

  it('keeps a byte-order mark', () => {
    expect(unpackText(packTexts(['\ufeffx']), 0)).toBe('\ufeffx');
  });
});
