import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { cl100kPieceEnd, o200kPieceEnd, type PieceEnd } from '../../../../src/shared/kernels/token-pieces.js';

const SPACE = String.raw`\t-\r \x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000`;
const CONTRACTION = `'(?:[sSdDmMtT\u017f]|[lL][lL]|[vV][eE]|[rR][eE])`;
const UPPER = String.raw`[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]`;
const LOWER = String.raw`[\p{Ll}\p{Lm}\p{Lo}\p{M}]`;

/** tiktoken's patterns as expressions of JavaScript, which have other spaces. */
const CL100K = [
  CONTRACTION,
  String.raw`[^\r\n\p{L}\p{N}]?\p{L}+`,
  String.raw`\p{N}{1,3}`,
  String.raw` ?[^${SPACE}\p{L}\p{N}]+[\r\n]*`,
  `[${SPACE}]+$`,
  String.raw`[${SPACE}]*[\r\n]`,
  `[${SPACE}]+(?![^${SPACE}])`,
  `[${SPACE}]`,
];
const O200K = [
  String.raw`[^\r\n\p{L}\p{N}]?${UPPER}*${LOWER}+(?:${CONTRACTION})?`,
  String.raw`[^\r\n\p{L}\p{N}]?${UPPER}+${LOWER}*(?:${CONTRACTION})?`,
  String.raw`\p{N}{1,3}`,
  String.raw` ?[^${SPACE}\p{L}\p{N}]+[\r\n/]*`,
  String.raw`[${SPACE}]*[\r\n]+`,
  `[${SPACE}]+(?![^${SPACE}])`,
  `[${SPACE}]+`,
];

function pieces(text: string, pieceEnd: PieceEnd): string[] {
  const found: string[] = [];
  for (let start = 0; start < text.length; ) {
    const end = pieceEnd(text, start);
    found.push(text.slice(start, end));
    start = end;
  }
  return found;
}

/** What the patterns tell apart, and some of each. */
const telling = fc.constantFrom(
  ..."aZſßéÉ中あـٍ́ʰǅ９٣²Ⅷ1 \t\r\n\u00a0\u0085\u3000\u200b\ufeff.,/'’-_<|>sStTdDmMlLvVrReE".split(''),
  '😀',
  '𝔘',
  '𝔞',
  '𐐨',
  '𐐀',
  '𝟙',
  '\u{1e8d0}',
  '\ud800',
  '\udc00',
  "'ll",
  "'RE",
  '\r\n',
  '  ',
);
const texts = fc.oneof(
  fc.array(telling, { maxLength: 40 }).map((parts) => parts.join('')),
  fc.string({ unit: 'binary', maxLength: 40 }),
  fc.array(fc.integer({ min: 0, max: 0xffff })).map((units) => String.fromCharCode(...units)),
);

describe.each([
  ['cl100k_base', cl100kPieceEnd, CL100K],
  ['o200k_base', o200kPieceEnd, O200K],
] as const)('the pieces of %s', (_, pieceEnd, alternatives) => {
  const pattern = new RegExp(alternatives.join('|'), 'gu');

  it('are what the pattern of tiktoken matches', () => {
    fc.assert(
      fc.property(texts, (text) => {
        expect(pieces(text, pieceEnd)).toEqual(text.match(pattern) ?? []);
      }),
      { numRuns: process.env.MILLRACE_SOAK ? 1_000_000 : 20_000 },
    );
  });

  it('take each character for what the pattern takes it for', () => {
    const wrong: string[] = [];
    for (let codePoint = 0; codePoint <= 0x10ffff; codePoint++) {
      const character = String.fromCodePoint(codePoint);
      const text = `a${character}A 1${character}${character}b`;
      if (pieces(text, pieceEnd).join('\u0000') !== text.match(pattern)!.join('\u0000'))
        wrong.push(codePoint.toString(16));
    }
    expect(wrong).toEqual([]);
  });

  it('are found in time that grows with the text', () => {
    for (const run of ["'", ' ', '\n', 'a', 'A', 'Aa', 'ʰ', '😀', '1', '.', '\u0301', ' \n'])
      expect(pieces(run.repeat(200_000), pieceEnd).join('')).toHaveLength(200_000 * run.length);
  });
});
