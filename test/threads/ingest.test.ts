import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ComputePool } from '../../src/main/compute/compute-pool.js';
import { findInputs } from '../../src/main/ingest/find-inputs.js';
import { ingestTranscripts } from '../../src/main/ingest/ingest-transcripts.js';
import type { ProgressReport } from '../../src/shared/progress.js';
import { collected } from '../helpers/ingested.js';

const SAMPLES = fileURLToPath(new URL('../../samples', import.meta.url));
const SRT = '1\n00:00:01,000 --> 00:00:02,000\nHello there.\n';

const pool = new ComputePool({ threads: 2 });
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'millrace-'));
});

afterAll(async () => {
  await pool.close();
  await rm(folder, { recursive: true });
});

/** Writes a file and returns it as an input. */
async function input(source: string, content: string | Uint8Array) {
  const path = join(folder, source);
  await writeFile(path, content);
  return { path, source };
}

describe('ingestTranscripts', () => {
  it('gives the same result on every number of threads, sorted by source', async () => {
    const { files } = await findInputs([SAMPLES]);
    const alone = new ComputePool({ threads: 1 });
    const expected = await collected(ingestTranscripts(files, { pool: alone }));
    await alone.close();
    const got = await collected(ingestTranscripts([...files].reverse(), { pool, concurrency: 7 }));
    expect(JSON.stringify(got)).toBe(JSON.stringify(expected));
    expect(got.failures).toEqual([]);
    expect(got.files.map((file) => file.source)).toEqual(files.map((file) => file.source));
    expect(got.chunks.map((chunk) => chunk.source)).toEqual(
      got.files.flatMap((file) => Array(file.chunks).fill(file.source)),
    );
    expect(new Set(got.chunks.map((chunk) => chunk.id)).size).toBe(got.chunks.length);
  });

  it('keeps what can be read and says why the rest cannot', async () => {
    await mkdir(join(folder, 'folder.srt'));
    const files = [
      await input('z.srt', SRT),
      await input('empty.txt', ''),
      await input('blank.txt', '\n \n'),
      await input('picture.srt', Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0, 0)),
      await input('latin1.vtt', Buffer.from('WEBVTT caf\u00e9', 'latin1')),
      await input('prose.srt', 'Only prose.'),
      { path: join(folder, 'gone.srt'), source: 'gone.srt' },
      { path: join(folder, 'folder.srt'), source: 'folder.srt' },
    ];
    const { files: done, failures, chunks } = await collected(ingestTranscripts(files, { pool }));
    expect(failures.map(({ error }) => [error.code, error.message])).toEqual(
      [
        'blank.txt: the file is empty: it has only white space',
        'empty.txt: the file is empty',
        'folder.srt: a folder, expected a file (EISDIR)',
        'gone.srt: no such file or folder (ENOENT)',
        'latin1.vtt: no cue with text (read as vtt)',
        'picture.srt: binary data (a NUL byte at byte 4), expected text',
      ].map((message) => ['MILLRACE_UNREADABLE_INPUT', message]),
    );
    expect(done).toMatchObject([
      {
        source: 'prose.srt',
        format: 'text',
        encoding: 'utf-8',
        cues: 1,
        chunks: 1,
        bytes: 11,
        warnings: [{ line: 1, message: 'named .srt, but the content is plain text: read as that' }],
      },
      {
        source: 'z.srt',
        format: 'srt',
        encoding: 'utf-8',
        cues: 1,
        chunks: 1,
        bytes: SRT.length,
        warnings: [],
      },
    ]);
    expect(chunks.map((chunk) => chunk.text)).toEqual(['Only prose.', 'Hello there.']);
  });

  it('says so where it may not read', async () => {
    const file = await input('secret.srt', SRT);
    await chmod(file.path, 0);
    // Root may read everything, so it becomes nobody meanwhile.
    const isRoot = process.geteuid?.() === 0;
    if (isRoot) process.seteuid?.(65_534);
    try {
      const { failures } = await collected(ingestTranscripts([file], { pool }));
      expect(failures[0]?.error.message).toBe('secret.srt: no permission to read it (EACCES)');
    } finally {
      if (isRoot) process.seteuid?.(0);
    }
  });

  it('cuts by the limits given, in the tokens of the tokenizer given', async () => {
    const { files } = await findInputs([join(SAMPLES, 'bees')]);
    const options = { pool, maxTokens: 60, overlapTokens: 10 };
    const cl100k = await collected(ingestTranscripts(files, options));
    const o200k = await collected(ingestTranscripts(files, { ...options, tokenizer: 'o200k_base' }));
    for (const { chunks } of [cl100k, o200k]) {
      expect(Math.max(...chunks.map((chunk) => chunk.tokens))).toBeLessThanOrEqual(60);
    }
    expect(cl100k.chunks).not.toEqual(o200k.chunks);
  });

  it('reports how many files are done', async () => {
    const { files } = await findInputs([join(SAMPLES, 'bees')]);
    const reports: ProgressReport[] = [];
    await collected(ingestTranscripts(files, { pool, progress: (report) => reports.push(report) }));
    expect(reports.at(0)).toEqual({ label: 'parse', done: 0, total: 4, unit: 'files', bytes: 0 });
    expect(reports.at(-1)).toEqual({
      label: 'parse',
      done: 4,
      total: 4,
      unit: 'files',
      bytes: expect.any(Number),
    });
    expect(reports.at(-1)!.bytes).toBeGreaterThan(1000);
  });

  it('loses only the file that its thread dies of', async () => {
    const small = await Promise.all(Array.from({ length: 40 }, (_, i) => input(`small-${i + 10}.srt`, SRT)));
    const large = await input('small-30-large.srt', SRT.repeat(900_000));
    await using narrow = new ComputePool({ threads: 1, resourceLimits: { maxOldGenerationSizeMb: 96 } });
    const { files, failures } = await collected(ingestTranscripts([...small, large], { pool: narrow }));
    expect(failures.map(({ source, error }) => [source, error.code])).toEqual([
      [large.source, 'MILLRACE_WORKER_OUT_OF_MEMORY'],
    ]);
    expect(files.map(({ source }) => source)).toEqual(small.map(({ source }) => source));
  });

  it('gives nothing for nothing', async () => {
    expect(await collected(ingestTranscripts([], { pool }))).toEqual({ chunks: [], files: [], failures: [] });
  });

  it('rejects with the reason of its signal', async () => {
    const { files } = await findInputs([SAMPLES]);
    const reason = new Error('enough');
    await expect(
      collected(ingestTranscripts(files, { pool, signal: AbortSignal.abort(reason) })),
    ).rejects.toBe(reason);
    const controller = new AbortController();
    const progress = ({ done }: ProgressReport) => {
      if (done >= 3) controller.abort(reason);
    };
    const run = collected(
      ingestTranscripts(files, { pool, concurrency: 2, signal: controller.signal, progress }),
    );
    await expect(run).rejects.toBe(reason);
  });

  it.each([
    [{ maxTokens: 7 }, 'MILLRACE_INVALID_ARGUMENT', /"maxTokens".*received 7/],
    [
      { maxTokens: 100, overlapTokens: 50 },
      'MILLRACE_INVALID_ARGUMENT',
      /"overlapTokens".*\(100\), received 50/,
    ],
    [{ encoding: 'utf-9' }, 'MILLRACE_INVALID_ARGUMENT', /encoding.*"utf-9"/],
    [{ tokenizer: 'gpt2' as 'o200k_base' }, 'MILLRACE_INVALID_ARGUMENT', /"tokenizer".*"gpt2"/],
    [{ concurrency: 0 }, 'MILLRACE_INVALID_ARGUMENT', /"concurrency".*received 0/],
  ])('refuses %j', async (options, code, message) => {
    await expect(collected(ingestTranscripts([], { pool, ...options }))).rejects.toMatchObject({
      code,
      message: expect.stringMatching(message),
    });
  });

  it('refuses two files of one source, and names both', async () => {
    const file = await input('twice.srt', SRT);
    const other = { ...file, path: `${file.path}.other` };
    await expect(collected(ingestTranscripts([file, other], { pool }))).rejects.toMatchObject({
      code: 'MILLRACE_DUPLICATE_KEY',
      message: expect.stringContaining('twice.srt.other'),
    });
  });
});
