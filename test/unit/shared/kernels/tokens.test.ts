import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import fc from 'fast-check';
import { Tiktoken } from 'tiktoken';
import { afterAll, describe, expect, it } from 'vitest';
import { LONGEST_TOKEN_BYTES } from '../../../../src/shared/kernels/byte-pair-merge.js';
import { countTokens, loadTokenCounter } from '../../../../src/shared/kernels/tokens.js';
import type { TokenEncoding } from '../../../../src/shared/transcript.js';
import { corpus, describeWithCorpora } from '../../../helpers/corpora.js';

/** As in tiktoken 0.14; the npm package has an older one, which differs in white space at the end of a text. */
const CL100K_PATTERN = String.raw`'(?i:[sdmt]|ll|ve|re)|[^\r\n\p{L}\p{N}]?+\p{L}++|\p{N}{1,3}+| ?[^\s\p{L}\p{N}]++[\r\n]*+|\s++$|\s*[\r\n]|\s+(?!\S)|\s`;

function oracle(encoding: TokenEncoding, pattern?: string): Tiktoken {
  const parts = createRequire(import.meta.url)(`tiktoken/encoders/${encoding}.json`) as {
    bpe_ranks: string;
    special_tokens: Record<string, number>;
    pat_str: string;
  };
  return new Tiktoken(parts.bpe_ranks, parts.special_tokens, pattern ?? parts.pat_str);
}

const oracles: Record<TokenEncoding, Tiktoken> = {
  cl100k_base: oracle('cl100k_base', CL100K_PATTERN),
  o200k_base: oracle('o200k_base'),
};
const encodings = Object.keys(oracles) as TokenEncoding[];

afterAll(() => {
  for (const tiktoken of Object.values(oracles)) tiktoken.free();
});

/** Ranges that Unicode filled long ago: tiktoken and this Node may differ in what is a letter elsewhere. */
const OLD_RANGES = [
  [0, 0x377],
  [0x3a3, 0x52f],
  [0x5d0, 0x5ea],
  [0x620, 0x64a],
  [0x660, 0x669],
  [0x904, 0x939],
  [0x2000, 0x2064],
  [0x3000, 0x3096],
  [0x4e00, 0x9fa5],
  [0xac00, 0xd7a3],
  [0xd800, 0xdfff],
  [0xfe00, 0xfe0f],
  [0xff01, 0xff5e],
  [0x1d400, 0x1d454],
  [0x1f600, 0x1f64f],
  [0x20000, 0x2a6d6],
] as const;

const character = fc
  .oneof(...OLD_RANGES.map(([min, max]) => fc.integer({ min, max })))
  .map((codePoint) => String.fromCodePoint(codePoint));

const oddity = fc.constantFrom(
  ...['\ufeff', '\ufeffusing', '\u0085', '\u00a0', '\u180e', '\u200b', '\u2028', '\u3000', '\u001c'],
  ...['\ud800', '\udc00', '👩\u200d👧', 'e\u0301', 'ǅ', 'ʰ', 'K', "'s", "'ſx", "'LL", "'Re"],
  ...['<|endoftext|>', '<|fim_prefix|>', '<|endofprompt|>', '\n', '\r\n', '  ', '\t', '/', '//', '...'],
  ...['12', '1234', 'the', ' The', 'HELLO', 'camelCase', ' aaa', '你好', 'Привет'],
);

const text = fc.array(fc.oneof(oddity, character), { maxLength: 40 }).map((parts) => parts.join(''));

describe.each(encodings)('token counts of %s', (encoding) => {
  it('are those of tiktoken for any text', async () => {
    const count = await loadTokenCounter(encoding);
    fc.assert(
      fc.property(text, (sample) => {
        expect(count(sample)).toBe(oracles[encoding].encode_ordinary(sample).length);
      }),
      { numRuns: 3000 },
    );
  });

  it('are those of tiktoken for U+FEFF, which gpt-tokenizer counts twice', async () => {
    const count = await loadTokenCounter(encoding);
    expect(count('\ufeff')).toBe(1);
    expect(count('\ufeffHello')).toBe(2);
  });

  it('take special tokens for plain text', async () => {
    const count = await loadTokenCounter(encoding);
    expect(count('<|endoftext|>')).toBe(7);
  });

  it('are 0 for an empty text', async () => {
    expect(await countTokens('', encoding)).toBe(0);
  });

  it('do not depend on what was counted before', async () => {
    const count = await loadTokenCounter(encoding);
    const sample = 'unbelievably antidisestablishmentarian Привет 你好';
    const first = count(sample);
    for (let i = 0; i < 70_000; i++) count(`w${i}`);
    expect(count(sample)).toBe(first);
  });

  it('come in good time for a run of one letter, however long', async () => {
    const count = await loadTokenCounter(encoding);
    expect(count('你'.repeat(200_000))).toBe(200_000);
    expect(count('a'.repeat(200_000))).toBe(25_000);
  });

  it('are at least one for every 128 bytes', async () => {
    const count = await loadTokenCounter(encoding);
    for (const unit of [' ', '-', '=', '/', '*', '\n']) {
      const n = 64 * LONGEST_TOKEN_BYTES;
      expect(count(unit.repeat(n))).toBeGreaterThanOrEqual(n / LONGEST_TOKEN_BYTES);
    }
  });
});

it('countTokens counts in cl100k_base unless told otherwise', async () => {
  const sample = '안녕하세요, 세상!';
  expect(await countTokens(sample)).toBe(oracles.cl100k_base.encode_ordinary(sample).length);
  expect(await countTokens(sample, 'o200k_base')).toBe(oracles.o200k_base.encode_ordinary(sample).length);
});

describeWithCorpora('token counts of real text', () => {
  it.each(encodings)('are those of tiktoken 0.14 for 248 files (%s)', async (encoding) => {
    const { files } = JSON.parse(readFileSync(corpus('tokens', 'counts-hf-course-srt.json'), 'utf8')) as {
      files: Record<string, Record<TokenEncoding, number>>;
    };
    const count = await loadTokenCounter(encoding);
    const counts = Object.keys(files).map((name) => [
      name,
      count(readFileSync(corpus('hf-course-srt', name), 'utf8')),
    ]);
    expect(counts).toHaveLength(248);
    expect(counts).toEqual(Object.entries(files).map(([name, truth]) => [name, truth[encoding]]));
  });

  it.each(encodings)('are those of the test plans (%s)', async (encoding) => {
    const plans = JSON.parse(readFileSync(corpus('tokens', 'testplans_cl100k_o200k.json'), 'utf8')) as Record<
      TokenEncoding,
      { text: string; tokens: number[] }[]
    >;
    const count = await loadTokenCounter(encoding);
    expect(plans[encoding].map((plan) => [plan.text, count(plan.text)])).toEqual(
      plans[encoding].map((plan) => [plan.text, plan.tokens.length]),
    );
  });
});
