import fc from 'fast-check';
import iconv from 'iconv-lite';
import { describe, expect, it } from 'vitest';
import { decodeTranscript } from '../../../../../src/shared/kernels/transcripts/decode.js';

const TEXT = '1\n00:01,000 --> 00:02,000\nMühle 水車 😀\n';

const UNICODE = [
  ['utf-8', 'utf8', false],
  ['utf-8', 'utf8', true],
  ['utf-16le', 'utf-16le', true],
  ['utf-16be', 'utf-16be', true],
  ['utf-16le', 'utf-16le', false],
  ['utf-16be', 'utf-16be', false],
  ['utf-32le', 'utf-32le', true],
  ['utf-32be', 'utf-32be', true],
  ['utf-32le', 'utf-32le', false],
  ['utf-32be', 'utf-32be', false],
] as const;

describe('decodeTranscript', () => {
  it.each(UNICODE)('reads %s (%s; byte order mark: %s)', async (encoding, codec, addBOM) => {
    const bytes = iconv.encode(TEXT, codec, { addBOM });
    const before = Buffer.from(bytes);
    expect(await decodeTranscript(bytes, 'a.srt')).toEqual({ text: TEXT, encoding, warnings: [] });
    expect(bytes.equals(before)).toBe(true);
  });

  it('reads ISO-2022-JP by its escapes', async () => {
    const bytes = Buffer.from('1\n00:01,000 --> 00:02,000\n\x1b$B?e<V\x1b(B\n', 'latin1');
    expect(await decodeTranscript(bytes, 'x')).toMatchObject({
      text: '1\n00:01,000 --> 00:02,000\n水車\n',
      encoding: 'iso-2022-jp',
    });
  });

  it.each(['windows-1251', 'koi8-r', 'iso-8859-5', 'shift_jis', 'utf-16be', 'utf-32le'])(
    'takes %s if it is told so',
    async (encoding) => {
      const text = 'Вода';
      expect(await decodeTranscript(iconv.encode(text, encoding), 'x', encoding)).toEqual({
        text,
        encoding,
        warnings: [],
      });
    },
  );

  it.each([
    ['an empty file', [], 'the file is empty'],
    ['a picture', [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 0, 0], 'NUL byte at byte 8'],
    ['a NUL in text', [...Buffer.from('ab\0')], 'a NUL byte at byte 2'],
    ['a NUL in UTF-16', [0xff, 0xfe, 0x61, 0, 0, 0], 'a NUL as character 1'],
  ])('refuses %s, with the reason and the place', async (_, bytes, reason) => {
    const decoded = decodeTranscript(Uint8Array.from(bytes), 'talks/a.srt');
    await expect(decoded).rejects.toMatchObject({
      code: 'MILLRACE_UNREADABLE_INPUT',
      message: expect.stringMatching(/^talks\/a\.srt: /),
    });
    await expect(decoded).rejects.toThrow(reason);
  });

  it('names what it expects of an encoding', async () => {
    await expect(decodeTranscript(Buffer.from('x'), 'x', 'utf-9')).rejects.toMatchObject({
      code: 'MILLRACE_INVALID_ARGUMENT',
      message: expect.stringMatching(/expected a name such as utf-8.*received "utf-9"/),
    });
  });

  it.each([
    ['a byte that UTF-8 has not', 'eins zwei drei für\nfünf, süß\r\n', [0xff], 'a', 3, 'at byte 34 (0xFF)'],
    ['a cut off character in between', 'süß, süß und süß\r', [0xe6, 0xb0], 'ü', 2, 'at byte 23 (0xE6 0xB0)'],
    ['a character that the end cut off', 'süßer\n', [0xe6, 0xb0], '', 2, 'at byte 8 (0xE6 0xB0)'],
    ['an overlong form', 'süß äöü süß', [0xc0, 0xaf], '', 1, 'at byte 18 (0xC0 0xAF)'],
  ])('reads UTF-8 with %s, and says where', async (_, good, bad, tail, line, message) => {
    const bytes = Buffer.concat([Buffer.from(good), Buffer.from(bad), Buffer.from(tail)]);
    const { text, encoding, warnings } = await decodeTranscript(bytes, 'x');
    expect(encoding).toBe('utf-8');
    expect(text.startsWith(`${good}\ufffd`)).toBe(true);
    expect(text.endsWith(tail)).toBe(true);
    expect(warnings).toEqual([{ line, message: `not valid UTF-8 ${message}: read as U+FFFD` }]);
  });

  it('says where other encodings could not be read, and counts what is too much to list', async () => {
    const half = Buffer.from([0xff, 0xfe, 0x61, 0, 0x0a, 0, 0x3d, 0xd8, 0x62, 0]);
    expect(await decodeTranscript(half, 'x')).toEqual({
      text: 'a\n\ufffdb',
      encoding: 'utf-16le',
      warnings: [{ line: 2, message: 'no character of utf-16le: read as U+FFFD' }],
    });
    const many = Buffer.concat(
      Array.from({ length: 30 }, () => Buffer.from([...Buffer.from('süßüüüü'), 0xff, 0x0a])),
    );
    const { warnings } = await decodeTranscript(many, 'x');
    expect(warnings).toHaveLength(21);
    expect(warnings.at(-1)).toEqual({
      line: 20,
      message: 'and 10 more places after this line that could not be decoded',
    });
  });

  it('does not take characters for damage that the text really has', async () => {
    expect((await decodeTranscript(Buffer.from('a \ufffd b'), 'x')).warnings).toEqual([]);
  });

  it('reads any text in any encoding of Unicode', async () => {
    const text = fc
      .string({ unit: 'binary', minLength: 1 })
      .filter((value) => !value.includes('\0') && !/^[\ufeff\ufffe]/.test(value));
    await fc.assert(
      fc.asyncProperty(
        text,
        fc.constantFrom(...UNICODE.filter(([, , addBOM]) => addBOM)),
        async (sample, [, codec]) => {
          fc.pre(!sample.includes('\u001b'));
          expect((await decodeTranscript(iconv.encode(sample, codec, { addBOM: true }), 'x')).text).toBe(
            sample,
          );
        },
      ),
    );
  });

  it('reads any bytes, or says that they are no text', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 200 }), async (bytes) => {
        const decoded = await decodeTranscript(bytes, 'x').catch((error) => error);
        if (decoded instanceof Error) expect(decoded).toMatchObject({ code: 'MILLRACE_UNREADABLE_INPUT' });
        else
          expect(decoded.text.includes('\ufffd')).toBe(
            decoded.warnings.some(({ message }: { message: string }) => message.includes('U+FFFD')) ||
              Buffer.from(bytes).includes('\ufffd'),
          );
      }),
    );
  });
});
