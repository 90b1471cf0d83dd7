import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import { ComputePool } from '../../src/main/compute/compute-pool.js';
import { embedLexically } from '../../src/main/compute/lexical-embedder.js';
import type { ProgressReport } from '../../src/shared/progress.js';

const alone = new ComputePool({ threads: 1 });
const pool = new ComputePool({ threads: 3 });

afterAll(async () => {
  await alone.close();
  await pool.close();
});

/** Some hundred paragraphs of the samples. */
const folder = fileURLToPath(new URL('../../samples/', import.meta.url));
const texts = readdirSync(folder, { recursive: true, encoding: 'utf8' })
  .filter((file) => /\.(srt|vtt|sbv|txt)$/.test(file))
  .sort()
  .flatMap((file) => readFileSync(folder + file, 'utf8').split(/(?:\r?\n){2}/));

describe('embedLexically', () => {
  it('gives the same bytes on one thread and on several', async () => {
    const one = await embedLexically(texts, { pool: alone });
    const several = await embedLexically(texts, { pool });
    expect(one).toMatchObject({ rows: texts.length, columns: 512 });
    expect(Buffer.from(several.buffer).equals(Buffer.from(one.buffer))).toBe(true);
    expect(Math.hypot(...one.row(0))).toBeCloseTo(1, 6);
  });

  it('reports every text once, half done after the first pass', async () => {
    const reports: ProgressReport[] = [];
    await embedLexically(texts, { pool, progress: (report) => reports.push(report) });
    const done = reports.map((report) => report.done);
    expect(done).toEqual(done.toSorted((a, b) => a - b));
    expect(reports.at(-1)).toEqual({
      label: 'embedding',
      done: texts.length,
      total: texts.length,
      unit: 'texts',
    });
    expect(done).toContain(Math.floor(texts.length / 2));
  });

  it('takes other lengths of rows, and refuses impossible ones', async () => {
    expect((await embedLexically(['a mill', ''], { pool, dimensions: 64 })).columns).toBe(64);
    await expect(embedLexically(['a'], { pool, dimensions: 0 })).rejects.toMatchObject({
      code: 'MILLRACE_INVALID_ARGUMENT',
      message: expect.stringContaining(
        'embedLexically: option "dimensions": expected a whole number from 1 to 65536, received 0',
      ),
    });
  });

  it('gives zeros for empty texts, and no row for no text', async () => {
    expect(
      [...(await embedLexically(['', 'the mill', ' … '], { pool })).row(2)].every((value) => value === 0),
    ).toBe(true);
    expect(await embedLexically([], { pool })).toMatchObject({ rows: 0, columns: 512 });
  });

  it('rejects with the reason of an abort, before and between tiles', async () => {
    const reason = new Error('enough');
    await expect(embedLexically(texts, { pool, signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
    const controller = new AbortController();
    const progress = () => controller.abort(reason);
    await expect(embedLexically(texts, { pool, signal: controller.signal, progress })).rejects.toBe(reason);
  });
});
