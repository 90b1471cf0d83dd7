import { describe, expect, it } from 'vitest';
import { minHash } from '../../../../../src/shared/kernels/min-hash.js';
import { readTranscript } from '../../../../../src/shared/kernels/transcripts/transcript-job.js';

const SRT = '1\n00:00:01,000 --> 00:00:02,000\nHello there.\n';

function read(source: string, content: string | Uint8Array) {
  const bytes = typeof content === 'string' ? new TextEncoder().encode(content) : content;
  return readTranscript({ source, bytes, maxTokens: 512, overlapTokens: 64, tokenizer: 'cl100k_base' });
}

describe('readTranscript', () => {
  it('makes bytes into chunks', async () => {
    const { jsonl, ...facts } = await read('talks/a.srt', SRT);
    const chunk = {
      id: 'talks/a.srt#0000',
      source: 'talks/a.srt',
      index: 0,
      startMs: 1000,
      endMs: 2000,
      speaker: null,
      text: 'Hello there.',
      tokens: 3,
      startByte: 0,
      endByte: 12,
      previous: null,
      next: null,
    };
    expect(jsonl).toBe(`${JSON.stringify(chunk)}\n`);
    expect(facts).toEqual({
      chunks: 1,
      tokens: 3,
      format: 'srt',
      encoding: 'utf-8',
      language: null,
      cues: 1,
      warnings: [],
      signature: minHash('Hello there.'),
    });
  });

  it.each(['data.json', 'x.xml'])('takes no other JSON or XML for text: %s', async (source) => {
    await expect(read(source, source === 'x.xml' ? '<a>b</a>' : '{"a": 1}')).rejects.toThrow(
      `${source}: no transcript of a format that is known`,
    );
  });

  it.each([
    ['a.srt', 'Just prose.', 'text', 'named .srt, but the content is plain text: read as that'],
    [
      'a.SRT',
      '0:00:01.000,0:00:02.000\nHi',
      'sbv',
      'named .srt, but the content is SubViewer (sbv): read as that',
    ],
    ['a.vtt', SRT, 'srt', 'named .vtt, but the content is SubRip: read as that'],
    [
      'a.sbv',
      'WEBVTT\n\n00:01.000 --> 00:02.000\nHi',
      'vtt',
      'named .sbv, but the content is WebVTT: read as that',
    ],
  ])('reads %s by its content, and warns on line 1', async (source, content, format, message) => {
    expect(await read(source, content)).toMatchObject({ format, warnings: [{ line: 1, message }] });
  });

  it.each(['a.txt', 'a', 'srt', 'folder.vtt/a.md'])('takes no format from the name %j', async (source) => {
    expect((await read(source, SRT)).warnings).toEqual([]);
  });

  it.each([
    ['nothing', '', 'x.txt: the file is empty'],
    ['only white space', ' \n\n', 'x.txt: the file is empty: it has only white space'],
    ['only a header', 'WEBVTT\n', 'x.txt: no cue with text (read as vtt)'],
    ['only empty cues', '1\n00:01 --> 00:02\n\n', 'x.txt: no cue with text (read as srt)'],
    ['binary data', new Uint8Array([1, 0, 2]), 'x.txt: binary data (a NUL byte at byte 1)'],
  ])('refuses a file with %s', async (_, content, message) => {
    await expect(read('x.txt', content)).rejects.toMatchObject({
      code: 'MILLRACE_UNREADABLE_INPUT',
      message: expect.stringContaining(message),
    });
  });
});
