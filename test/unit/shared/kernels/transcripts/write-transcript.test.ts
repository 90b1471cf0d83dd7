import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseTranscript } from '../../../../../src/shared/kernels/transcripts/format.js';
import { writeTranscript } from '../../../../../src/shared/kernels/transcripts/write-transcript.js';
import type { Cue, Transcript } from '../../../../../src/shared/transcript.js';

function transcript(cues: Cue[], language: string | null = null): Transcript {
  return { format: 'json3', language, cues, warnings: [] };
}

const cue = (startMs: number, endMs: number, text: string, speaker: string | null = null): Cue => ({
  startMs,
  endMs,
  text,
  speaker,
});

describe('writeTranscript', () => {
  const CUES = [cue(0, 1500, 'Hello\nyou', 'Ann & Bob'), cue(3_723_004, 360_000_000, '1 < 2 & <b>so on</b>')];

  it('writes SubRip', () => {
    expect(writeTranscript(transcript(CUES), 'srt')).toBe(
      '1\n00:00:00,000 --> 00:00:01,500\nHello\nyou\n\n2\n01:02:03,004 --> 100:00:00,000\n1 < 2 & < b>so on< /b>\n',
    );
  });

  it('writes WebVTT, with speakers and language', () => {
    expect(writeTranscript(transcript(CUES, 'en-GB'), 'vtt')).toBe(
      'WEBVTT\nLanguage: en-GB\n\n00:00:00.000 --> 00:00:01.500\n<v Ann &amp; Bob>Hello\nyou\n\n01:02:03.004 --> 100:00:00.000\n1 &lt; 2 &amp; &lt;b&gt;so on&lt;/b&gt;\n',
    );
  });

  it.each([
    // Times in fractions of a millisecond, and beyond what any stamp holds.
    '{"audio_duration":9,"words":[],"utterances":[{"start":6.56,"end":1e30,"text":"Yeah.","words":[{"start":6.56,"end":8.4,"text":"Yeah."}]}]}',
    '{"audio_duration":9,"words":[],"utterances":[{"start":0,"end":9,"text":"a","words":[]},{"start":2e49,"end":2.2e49,"text":"b","words":[{"start":2e49,"end":2.2e49,"text":"b"}]}]}',
    // Text of which a line of SubRip would be blank.
    'WEBVTT\n\n00:01.000 --> 00:02.000\nfirst\n\n00:06.000 --> 00:07.000\n\u0007\n',
    '<tt xmlns="http://www.w3.org/ns/ttml"><body><div><p begin="1s" end="2s">a</p><p begin="3s" end="4s">\u007f</p></div></body></tt>',
  ])('writes what reads back: %j', (text) => {
    const read = parseTranscript(text);
    expect(read.cues.length).toBeGreaterThan(0);
    const times = ({ cues }: Transcript) => cues.map(({ startMs, endMs }) => [startMs, endMs]);
    for (const format of ['srt', 'vtt'] as const)
      expect(times(parseTranscript(writeTranscript(read, format)))).toEqual(times(read));
  });

  it('names the cue that has no times', () => {
    const plain = parseTranscript('Only prose.');
    expect(() => writeTranscript(plain, 'srt')).toThrow(
      expect.objectContaining({
        code: 'MILLRACE_INVALID_INPUT',
        message: 'cue 0 has no times (read as text): srt needs a timed transcript',
      }),
    );
  });

  const piece = fc.oneof(
    { weight: 4, arbitrary: fc.string({ unit: 'grapheme', minLength: 1, maxLength: 12 }) },
    {
      weight: 3,
      arbitrary: fc.constantFrom(
        '-->',
        '<i>',
        '</b>',
        '<v Bob>',
        '&amp;',
        '&',
        '<',
        '>',
        '{\\an8}',
        '7',
        '00:00:01,000',
        'NOTE',
        '\n',
        '\n\n',
        ' ',
        '\u00a0',
        'WEBVTT',
        '[br]',
      ),
    },
  );
  /** What a reader makes of the ends of lines: texts in the model have been read. */
  const read = (text: string) =>
    text
      .split('\n')
      .map((line) =>
        line.replace(/^[\0-\u0020\u00a0\ufeff\u3000]+|[\0-\u0020\u00a0\ufeff\u3000]+$/g, '').trim(),
      )
      .filter((line) => line !== '')
      .join('\n');
  const texts = fc
    .array(piece, { minLength: 1, maxLength: 6 })
    .map((pieces) => read(pieces.join('').replaceAll('\r', '')))
    .filter((text) => text !== '');
  const cues = fc.array(
    fc.record({
      startMs: fc.nat(400_000_000),
      lengthMs: fc.nat(100_000),
      text: texts,
      speaker: fc.option(fc.constantFrom('Ann', 'Bob & Co', 'A <b> C', 'Dr. Émile')),
    }),
    { minLength: 1, maxLength: 6 },
  );

  it.each(['srt', 'vtt'] as const)('%s reads back as the same cues, whatever is in them', (format) => {
    fc.assert(
      fc.property(cues, (list) => {
        const written = list.map(({ startMs, lengthMs, text, speaker }) =>
          cue(startMs, startMs + lengthMs, text, speaker),
        );
        const back = parseTranscript(writeTranscript(transcript(written), format));
        expect(back.format).toBe(format);
        expect(back.warnings).toEqual([]);
        const isTag = /<(?=\/?(?:b|i|u|font|bold|italic|underline)\b)/gi;
        const expected = written.map(({ startMs, endMs, text, speaker }) => {
          const arrows = text.replaceAll('-->', '→');
          const kept = format === 'srt' ? arrows.replace(isTag, '< ').replaceAll('{\\', '{ \\') : arrows;
          return cue(startMs!, endMs!, kept, format === 'srt' ? null : speaker);
        });
        expect(back.cues).toEqual(expected);
      }),
      { numRuns: process.env.MILLRACE_SOAK ? 100_000 : 500 },
    );
  });
});
