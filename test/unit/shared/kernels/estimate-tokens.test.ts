import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { estimateTokens } from '../../../../src/shared/kernels/estimate-tokens.js';
import { loadTokenCounter } from '../../../../src/shared/kernels/tokens.js';
import { PASSAGES } from '../../../fixtures/passages.js';
import { corpus, describeWithCorpora } from '../../../helpers/corpora.js';

const TOKENIZERS = ['cl100k_base', 'o200k_base'] as const;

/** Relative errors, from the least to the most. */
async function errorsOf(texts: readonly string[], tokenizer: (typeof TOKENIZERS)[number]): Promise<number[]> {
  const count = await loadTokenCounter(tokenizer);
  return texts
    .map((text) => Math.abs(estimateTokens(text, tokenizer) / count(text) - 1))
    .sort((a, b) => a - b);
}

const at = (sorted: readonly number[], share: number) => sorted[Math.floor(share * (sorted.length - 1))]!;

describe('estimateTokens', () => {
  it('is 0 for nothing, and adds up', () => {
    expect(estimateTokens('')).toBe(0);
    expect(estimateTokens('The water turns the wheel, and the wheel turns the stone.')).toBeCloseTo(12.7, 0);
    const text = 'one two. ';
    expect(estimateTokens(text.repeat(1000))).toBeCloseTo(1000 * estimateTokens(text), 6);
  });

  it.each(TOKENIZERS)(
    'is off by at most 36 of 100 in any of 24 languages, by 13 in the median: %s',
    async (tokenizer) => {
      const errors = await errorsOf(
        PASSAGES.map(({ text }) => text),
        tokenizer,
      );
      expect(at(errors, 0.5)).toBeLessThan(0.13);
      expect(at(errors, 1)).toBeLessThan(0.36);
    },
  );

  it('takes linear time', () => {
    expect(estimateTokens('a'.repeat(20_000_000))).toBeGreaterThan(0);
  });
});

describeWithCorpora('estimateTokens of lectures', () => {
  it.each([
    ['en', 0.02, 0.09],
    ['fr', 0.03, 0.09],
    ['ru', 0.065, 0.13],
    ['zh-CN', 0.03, 0.09],
  ])('is off in %s by %d in the median, by %d at most for 99 of 100', async (language, median, most) => {
    const folder = corpus('hf-course-srt', language);
    const names = readdirSync(folder).filter((name) => name.endsWith('.srt'));
    const pieces = names.flatMap((name) => {
      const text = readFileSync(`${folder}/${name}`, 'utf8');
      return Array.from({ length: Math.ceil(text.length / 2000) }, (_, i) =>
        text.slice(2000 * i, 2000 * i + 2000),
      ).filter((piece) => piece.length === 2000);
    });
    expect(pieces.length).toBeGreaterThan(25);
    for (const tokenizer of TOKENIZERS) {
      const errors = await errorsOf(pieces, tokenizer);
      expect(at(errors, 0.5)).toBeLessThan(median);
      expect(at(errors, 0.99)).toBeLessThan(most);
    }
  });
});
