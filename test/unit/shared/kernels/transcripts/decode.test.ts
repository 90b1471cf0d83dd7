import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeTranscript } from '../../../../../src/shared/kernels/transcripts/decode.js';

const TEXT = '1\n00:01,000 --> 00:02,000\nMühle 水車 😀\n';

function utf16(text: string, endian: 'little' | 'big'): Buffer {
  const bytes = Buffer.from(`\ufeff${text}`, 'utf16le');
  return endian === 'big' ? bytes.swap16() : bytes;
}

describe('decodeTranscript', () => {
  it.each([
    ['UTF-8', Buffer.from(TEXT)],
    ['UTF-8 with a byte order mark', Buffer.from(`\ufeff${TEXT}`)],
    ['UTF-16, little endian', utf16(TEXT, 'little')],
    ['UTF-16, big endian', utf16(TEXT, 'big')],
  ])('reads %s', (_, bytes) => {
    const before = Buffer.from(bytes);
    expect(decodeTranscript(bytes, 'a.srt')).toBe(TEXT);
    expect(bytes.equals(before)).toBe(true);
  });

  it.each([
    ['an empty file', [], 'the file is empty'],
    ['a picture', [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 0, 0], 'NUL byte at byte 8'],
    ['UTF-16 without a byte order mark', [...Buffer.from('ab', 'utf16le')], 'NUL byte at byte 1'],
    ['a NUL in UTF-16', [...utf16('ab\0', 'big')], 'NUL character at byte 6'],
    ['UTF-32', [0xff, 0xfe, 0, 0, 0x41, 0, 0, 0], 'UTF-32'],
    ['Latin-1', [...Buffer.from('caf\u00e9 au lait', 'latin1')], 'not valid UTF-8 at byte 3 (0xE9)'],
    ['a cut off character', [0x61, 0xe6, 0xb0], 'not valid UTF-8 at byte 1 (0xE6)'],
    ['an overlong form', [0x61, 0x62, 0xc0, 0xaf], 'not valid UTF-8 at byte 2 (0xC0)'],
    ['a surrogate in UTF-8', [0xed, 0xa0, 0x80], 'not valid UTF-8 at byte 0 (0xED)'],
    ['a byte that UTF-8 has not', [0x61, 0xff, 0x61], 'not valid UTF-8 at byte 1 (0xFF)'],
    ['half a character of UTF-16', [0xff, 0xfe, 0x61, 0, 0x62], 'cut off at byte 4'],
    ['half a surrogate pair', [...utf16('ab\ud83d', 'little')], 'not valid UTF-16 at byte 6'],
  ])('refuses %s, with the reason and the place', (_, bytes, reason) => {
    expect(() => decodeTranscript(Uint8Array.from(bytes), 'talks/a.srt')).toThrow(
      expect.objectContaining({
        code: 'MILLRACE_UNREADABLE_INPUT',
        message: expect.stringMatching(/^talks\/a\.srt: /),
      }),
    );
    expect(() => decodeTranscript(Uint8Array.from(bytes), 'talks/a.srt')).toThrow(reason);
  });

  it('reads any text in any of its encodings', () => {
    const text = fc
      .string({ unit: 'binary', minLength: 1 })
      .filter((value) => !value.includes('\0') && !/^[\ufeff\ufffe]/.test(value));
    fc.assert(
      fc.property(text, (sample) => {
        expect(decodeTranscript(Buffer.from(sample), 'x')).toBe(sample);
        expect(decodeTranscript(utf16(sample, 'little'), 'x')).toBe(sample);
        expect(decodeTranscript(utf16(sample, 'big'), 'x')).toBe(sample);
      }),
    );
  });

  it('says of bad UTF-8 how far it is good', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.constantFrom(0x80, 0xc1, 0xf5, 0xff), (good, bad) => {
        fc.pre(!good.includes('\0') && !good.startsWith('\ufffe'));
        const bytes = Buffer.concat([Buffer.from(good), Buffer.from([bad]), Buffer.from('tail')]);
        expect(() => decodeTranscript(bytes, 'x')).toThrow(`at byte ${Buffer.byteLength(good)} `);
      }),
    );
  });
});
