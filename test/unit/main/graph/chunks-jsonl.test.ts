import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { chunksJsonl, readChunksJsonl } from '../../../../src/main/graph/chunks-jsonl.js';
import { arbitraryChunks, chunk } from '../../../helpers/chunks.js';
import { temporaryFolder } from '../../../helpers/temporary-folder.js';

function fileWith(content: string | Uint8Array): string {
  const path = join(temporaryFolder(), 'chunks.jsonl');
  writeFileSync(path, content);
  return path;
}

const lineOf = (index: number, given: object = {}) => JSON.stringify({ ...chunk(index), ...given });

describe('chunksJsonl', () => {
  it('writes the keys in their order, whatever order they came in, and no others', () => {
    const { id, ...rest } = chunk(0);
    const [line] = chunksJsonl([{ extra: 1, ...rest, id } as never]);
    expect(line).toBe(
      '{"id":"a.srt#0000","source":"a.srt","index":0,"startMs":0,"endMs":900,"speaker":null,"text":"text 0","tokens":3,"startByte":null,"endByte":null,"previous":null,"next":null}\n',
    );
  });

  it('is read back as it was', async () => {
    await fc.assert(
      fc.asyncProperty(arbitraryChunks, async (chunks) => {
        const path = fileWith([...chunksJsonl(chunks)].join(''));
        expect(await readChunksJsonl(path)).toEqual(chunks);
      }),
      { numRuns: 50 },
    );
  });
});

describe('readChunksJsonl', () => {
  it('passes over unknown keys, blank lines, a byte-order mark, and the lack of a last line end', async () => {
    const path = fileWith(`\ufeff${lineOf(0, { extra: [1] })}\r\n\n  \n${lineOf(1)}`);
    expect(await readChunksJsonl(path)).toEqual([chunk(0), chunk(1)]);
  });

  it('gives nothing for an empty file', async () => {
    expect(await readChunksJsonl(fileWith(''))).toEqual([]);
  });

  it('reads lines and characters that lie across pieces of the file', async () => {
    const long = chunk(0, { text: '水車🙂'.repeat(40_000) });
    expect(await readChunksJsonl(fileWith([...chunksJsonl([long, chunk(1)])].join('')))).toEqual([
      long,
      chunk(1),
    ]);
  });

  it.each([
    ['no JSON', '{"id": ', /line 2: expected a JSON object, .*JSON/],
    ['no object', '[1]', /line 2: expected a JSON object, received \[1\]$/],
    ['a missing key', lineOf(1, { text: undefined }), /line 2: "text": expected a string, received nothing$/],
    [
      'a wrong type',
      lineOf(1, { tokens: '3' }),
      /line 2: "tokens": expected a whole number of at least 0, received "3"$/,
    ],
    [
      'a fraction',
      lineOf(1, { startMs: 0.5 }),
      /line 2: "startMs": expected a whole number of at least 0, received 0.5$/,
    ],
    ['an empty id', lineOf(1, { id: '' }), /line 2: "id": expected a string that is not empty, received ""$/],
    [
      'two faults',
      lineOf(1, { speaker: 1, index: -1 }),
      /line 2: "index": .*, received -1; "speaker": .*, received 1$/,
    ],
    ['a repeated id', lineOf(0), /line 2: id "a.srt#0000" was already in line 1$/],
  ])('names file and line for %s', async (_, line, message) => {
    const path = fileWith(`${lineOf(0)}\n${line}\n${lineOf(2)}\n`);
    await expect(readChunksJsonl(path)).rejects.toMatchObject({
      code: 'MILLRACE_INVALID_INPUT',
      message: expect.stringMatching(message),
    });
    await expect(readChunksJsonl(path)).rejects.toThrow(path);
  });

  it('says so if a file is not UTF-8, or not there', async () => {
    const unreadable = { code: 'MILLRACE_UNREADABLE_INPUT' };
    const path = fileWith(Uint8Array.of(0x7b, 0xff, 0x7d));
    await expect(readChunksJsonl(path)).rejects.toMatchObject({
      ...unreadable,
      message: `can't read ${path}: it is not UTF-8`,
    });
    const missing = join(temporaryFolder(), 'missing.jsonl');
    await expect(readChunksJsonl(missing)).rejects.toMatchObject({
      ...unreadable,
      cause: { code: 'ENOENT' },
    });
    await expect(readChunksJsonl(missing)).rejects.toThrow(missing);
  });

  it('rejects with the reason of an abort', async () => {
    const reason = new Error('enough');
    await expect(readChunksJsonl(fileWith(lineOf(0)), { signal: AbortSignal.abort(reason) })).rejects.toBe(
      reason,
    );
  });
});
