import { afterAll, describe, expect, it } from 'vitest';
import { ComputePool } from '../../src/main/compute/compute-pool.js';
import { countTokensOf } from '../../src/main/compute/count-tokens.js';
import { countTokens } from '../../src/shared/kernels/tokens.js';
import type { ProgressReport } from '../../src/shared/progress.js';
import { mulberry32 } from '../../src/shared/random.js';

const pool = new ComputePool({ threads: 2 });
afterAll(() => pool.close());

/** Texts of very different lengths, in several scripts. */
function texts(count: number): string[] {
  const random = mulberry32(3);
  const words = ['water', 'mill', '水車', 'мельница', '😀', '\ufeff', '\ud800', '12345', '\n\n', "they're"];
  return Array.from({ length: count }, () => {
    const length = random() < 0.02 ? 5000 : Math.floor(random() * 30);
    return Array.from({ length }, () => words[Math.floor(random() * words.length)]).join(' ');
  });
}

describe('countTokensOf', () => {
  it.each(['cl100k_base', 'o200k_base'] as const)('counts what countTokens counts: %s', async (tokenizer) => {
    const list = texts(2000);
    const expected = await Promise.all(list.map((text) => countTokens(text, tokenizer)));
    expect([...(await countTokensOf(list, { pool, tokenizer }))]).toEqual(expected);
  });

  it('counts nothing, and empty texts', async () => {
    expect([...(await countTokensOf([], { pool }))]).toEqual([]);
    expect([...(await countTokensOf(['', ''], { pool }))]).toEqual([0, 0]);
  });

  it('reports how many texts are done', async () => {
    const reports: ProgressReport[] = [];
    await countTokensOf(texts(500), { pool, progress: (report) => reports.push(report) });
    expect(reports.at(0)).toEqual({ label: 'tokens', done: 0, total: 500, unit: 'texts' });
    expect(reports.at(-1)).toEqual({ label: 'tokens', done: 500, total: 500, unit: 'texts' });
  });

  it('rejects with the reason of its signal, and names what is wrong', async () => {
    const reason = new Error('enough');
    await expect(countTokensOf(['a'], { pool, signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
    const controller = new AbortController();
    const counting = countTokensOf(texts(20_000), {
      pool,
      signal: controller.signal,
      progress: () => controller.abort(reason),
    });
    await expect(counting).rejects.toBe(reason);
    await expect(countTokensOf([], { pool, tokenizer: 'gpt2' as never })).rejects.toThrow(
      /"tokenizer".*"gpt2"/,
    );
  });
});
