import iconv from 'iconv-lite';
import { describe, expect, it } from 'vitest';
import { decodeTranscript } from '../../../../../src/shared/kernels/transcripts/decode.js';
import { PASSAGES } from '../../../../fixtures/passages.js';

/** Pieces of a text of so many characters, with something beyond ASCII in them. */
function snippets(text: string, length: number): string[] {
  const flat = text.replaceAll('\n', ' ');
  const starts = Array.from({ length: Math.ceil(flat.length / 20) }, (_, i) => 20 * i);
  return starts
    .map((start) => flat.slice(start, start + length))
    .filter((piece) => piece.length === length && /[^\0-\x7f]/.test(piece));
}

/** How many pieces of so many characters are read right, and how many wrong without a warning, over all passages. */
async function accuracy(length: number) {
  const count = { pieces: 0, right: 0, wrongAndSilent: 0 };
  for (const { encodings, text } of PASSAGES) {
    for (const encoding of encodings) {
      for (const piece of snippets(text, length)) {
        const bytes = iconv.encode(piece, encoding);
        const decoded = await decodeTranscript(bytes, 'x');
        count.pieces++;
        if (decoded.text === iconv.decode(bytes, encoding)) count.right++;
        else if (decoded.warnings.length === 0) count.wrongAndSilent++;
      }
    }
  }
  return { ...count, share: count.right / count.pieces, silentShare: count.wrongAndSilent / count.pieces };
}

describe('guessEncoding', () => {
  it.each(
    PASSAGES.flatMap(({ language, encodings, text }) =>
      encodings.map((encoding) => ({ language, encoding, text })),
    ),
  )('reads a passage in $language as $encoding', async ({ encoding, text }) => {
    const bytes = iconv.encode(text, encoding);
    expect((await decodeTranscript(bytes, 'x')).text).toBe(iconv.decode(bytes, encoding));
  });

  it.each([
    [30, 0.95, 0],
    [60, 0.99, 0],
    [200, 1, 0],
  ])(
    'reads pieces of %d characters right, at least a share of %d; wrong without a warning at most %d',
    async (length, right, silent) => {
      const { pieces, share, silentShare } = await accuracy(length);
      expect(pieces).toBeGreaterThan(100);
      expect(share).toBeGreaterThanOrEqual(right);
      expect(silentShare).toBeLessThanOrEqual(silent);
    },
  );

  it.each([
    'café au lait',
    'naïve',
    'Straße',
    'El niño comió piñas',
    'perché no',
    '«Où ça va ?» demande-t-il',
    'São Paulo',
    '“quoted” – and so on…',
  ])('takes a little of western Europe for windows-1252: %s', async (text) => {
    const decoded = await decodeTranscript(iconv.encode(text, 'windows-1252'), 'x');
    expect(decoded).toMatchObject({
      text,
      encoding: 'windows-1252',
      warnings: [{ line: 1, message: expect.stringMatching(/guess/) }],
    });
  });

  it('finds the few lines that tell in a long file', async () => {
    const subtitle = (line: string, i: number) =>
      `${i}\n00:00:0${i % 10},000 --> 00:00:0${i % 10},900\n${line}\n\n`;
    const lines = Array.from({ length: 20_000 }, (_, i) =>
      subtitle(i % 5000 === 4999 ? PASSAGES[7]!.text : 'nothing to see here', i),
    );
    const text = lines.join('');
    const decoded = await decodeTranscript(iconv.encode(text, 'windows-1250'), 'x');
    expect(decoded).toMatchObject({ encoding: 'windows-1250', warnings: [] });
    expect(decoded.text === text).toBe(true);
  });
});
