import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseTranscript } from '../../../../../../src/shared/kernels/transcripts/format.js';
import { corpus, describeWithCorpora } from '../../../../../helpers/corpora.js';

const parse = (document: unknown) => parseTranscript(JSON.stringify(document));
const word = (text: string, startMs: number, endMs: number) => ({ text, startMs, endMs });

/** Each as its vendor's published schema shows it; where a URL is given, that is where. */
describe('parseTranscript of JSON', () => {
  it('reads what openai-whisper and faster-whisper write', () => {
    // https://github.com/openai/whisper/blob/main/whisper/transcribe.py
    const segments = [
      {
        id: 0,
        seek: 0,
        start: 0.0,
        end: 2.5,
        text: ' Hello there.',
        tokens: [50364],
        avg_logprob: -0.2,
        words: [
          { word: ' Hello', start: 0.1, end: 0.6, probability: 0.9 },
          { word: ' there.', start: 0.6, end: 1.2, probability: 0.9 },
        ],
      },
      { id: 1, seek: 0, start: 2.5, end: 4, text: ' Again.' },
    ];
    expect(parse({ text: ' Hello there. Again.', segments, language: 'en' })).toEqual({
      format: 'whisper',
      language: 'en',
      cues: [
        {
          startMs: 0,
          endMs: 2500,
          text: 'Hello there.',
          speaker: null,
          words: [word('Hello', 100, 600), word('there.', 600, 1200)],
        },
        { startMs: 2500, endMs: 4000, text: 'Again.', speaker: null },
      ],
      warnings: [],
    });
  });

  it('reads what WhisperX writes: speakers, and words without times', () => {
    // https://github.com/m-bain/whisperX
    const words = [
      { word: 'In', start: 1, end: 1.2, score: 0.9 },
      { word: '1984' },
      { word: 'came', start: 2, end: 2.2 },
    ];
    const { cues } = parse({
      segments: [{ start: 1, end: 3, text: 'In 1984 came', speaker: 'SPEAKER_01', words }],
      word_segments: words,
    });
    expect(cues).toEqual([
      {
        startMs: 1000,
        endMs: 3000,
        text: 'In 1984 came',
        speaker: 'SPEAKER_01',
        words: [word('In', 1000, 1200), word('1984', 1200, 1200), word('came', 2000, 2200)],
      },
    ]);
  });

  it('reads what whisper.cpp writes, with tokens joined to words', () => {
    // https://github.com/ggml-org/whisper.cpp/blob/master/examples/cli/cli.cpp (-ojf)
    const token = (text: string, from: number, to: number) => ({
      text,
      offsets: { from, to },
      id: 1,
      p: 0.9,
    });
    const document = {
      systeminfo: '',
      model: { type: 'base' },
      params: { language: 'auto' },
      result: { language: 'de' },
      transcription: [
        {
          timestamps: { from: '00:00:00,000', to: '00:00:02,000' },
          offsets: { from: 0, to: 2000 },
          text: ' Guten Morgen',
          tokens: [
            token('[_BEG_]', 0, 0),
            token(' Gut', 100, 300),
            token('en', 300, 500),
            token(' Morgen', 500, 900),
          ],
        },
      ],
    };
    expect(parse(document)).toMatchObject({
      format: 'whisper',
      language: 'de',
      cues: [
        {
          startMs: 0,
          endMs: 2000,
          text: 'Guten Morgen',
          words: [word('Guten', 100, 500), word('Morgen', 500, 900)],
        },
      ],
    });
  });

  it('reads Amazon Transcribe: punctuation without times, speakers by label', () => {
    // https://docs.aws.amazon.com/transcribe/latest/dg/how-input.html
    const said = (content: string, start_time: string, end_time: string) => ({
      type: 'pronunciation',
      alternatives: [{ confidence: '0.99', content }],
      start_time,
      end_time,
    });
    const mark = (content: string) => ({
      type: 'punctuation',
      alternatives: [{ confidence: '0.0', content }],
    });
    const label = (speaker_label: string, start_time: string) => ({
      speaker_label,
      items: [{ speaker_label, start_time }],
    });
    const document = {
      jobName: 'job',
      results: {
        transcripts: [{ transcript: 'Hello, you. Hi.' }],
        speaker_labels: { segments: [label('spk_0', '0.5'), label('spk_0', '1.0'), label('spk_1', '2.0')] },
        items: [
          said('Hello', '0.5', '0.9'),
          mark(','),
          said('you', '1.0', '1.4'),
          mark('.'),
          said('Hi', '2.0', '2.2'),
          mark('.'),
        ],
        language_code: 'en-US',
      },
      status: 'COMPLETED',
    };
    expect(parse(document)).toEqual({
      format: 'aws-transcribe',
      language: 'en-US',
      cues: [
        {
          startMs: 500,
          endMs: 1400,
          text: 'Hello, you.',
          speaker: 'spk_0',
          words: [word('Hello,', 500, 900), word('you.', 1000, 1400)],
        },
        { startMs: 2000, endMs: 2200, text: 'Hi.', speaker: 'spk_1', words: [word('Hi.', 2000, 2200)] },
      ],
      warnings: [],
    });
  });

  it('reads Google Speech-to-Text, both versions, and a last result that repeats all words with speakers', () => {
    // https://cloud.google.com/speech-to-text/docs/multiple-voices
    const said = (text: string, startTime: string, endTime: string, speakerTag?: number) => ({
      startTime,
      endTime,
      word: text,
      ...(speakerTag && { speakerTag }),
    });
    const v1 = {
      results: [
        {
          alternatives: [
            {
              transcript: 'Hello you',
              words: [said('Hello', '0s', '0.400s'), said('you', '0.400s', '0.900s')],
            },
          ],
          languageCode: 'en-us',
        },
        { alternatives: [{ words: [said('Hello', '0s', '0.400s', 1), said('you', '0.400s', '0.900s', 2)] }] },
      ],
    };
    expect(parse(v1)).toMatchObject({
      format: 'google-speech',
      language: 'en-us',
      cues: [
        { startMs: 0, endMs: 400, text: 'Hello', speaker: 'Speaker 1' },
        { startMs: 400, endMs: 900, text: 'you', speaker: 'Speaker 2' },
      ],
    });
    const v2 = {
      results: [
        { alternatives: [{ transcript: 'No words here' }], resultEndOffset: '3.500s', languageCode: 'en-US' },
      ],
    };
    expect(parse(v2).cues).toEqual([{ startMs: 0, endMs: 3500, text: 'No words here', speaker: null }]);
  });

  it("reads Azure's batch, fast and detailed transcriptions", () => {
    // https://learn.microsoft.com/azure/ai-services/speech-service/batch-transcription-get
    const batch = {
      source: 'x.wav',
      combinedRecognizedPhrases: [{ channel: 0, display: 'Hello there.' }],
      recognizedPhrases: [
        {
          recognitionStatus: 'Success',
          speaker: 1,
          offsetInTicks: 700_000,
          durationInTicks: 15_900_000,
          nBest: [
            {
              confidence: 0.9,
              display: 'Hello there.',
              words: [{ word: 'hello', offsetInTicks: 700_000, durationInTicks: 2_600_000 }],
            },
          ],
        },
        { recognitionStatus: 'InitialSilenceTimeout', offsetInTicks: 0, durationInTicks: 1 },
      ],
    };
    expect(parse(batch)).toEqual({
      format: 'azure-speech',
      language: null,
      cues: [
        {
          startMs: 70,
          endMs: 1660,
          text: 'Hello there.',
          speaker: 'Speaker 1',
          words: [word('hello', 70, 330)],
        },
      ],
      warnings: [],
    });
    const fast = {
      durationMilliseconds: 2000,
      combinedPhrases: [{ text: 'Hi.' }],
      phrases: [
        { offsetMilliseconds: 80, durationMilliseconds: 700, text: 'Hi.', locale: 'en-US', words: [] },
      ],
    };
    expect(parse(fast)).toMatchObject({
      language: 'en-US',
      cues: [{ startMs: 80, endMs: 780, text: 'Hi.' }],
    });
    const detailed = [
      { RecognitionStatus: 'Success', Offset: 1_000_000, Duration: 10_000_000, NBest: [{ Display: 'Yes.' }] },
    ];
    expect(parse(detailed).cues).toEqual([{ startMs: 100, endMs: 1100, text: 'Yes.', speaker: null }]);
  });

  it("reads YouTube's json3: words by offset, line breaks of windows left out", () => {
    const document = {
      wireMagic: 'pb3',
      events: [
        { tStartMs: 0, dDurationMs: 9000, id: 1, wpWinPosId: 1 },
        {
          tStartMs: 80,
          dDurationMs: 4000,
          wWinId: 1,
          segs: [
            { utf8: 'so', acAsrConf: 0 },
            { utf8: ' today', tOffsetMs: 320 },
          ],
        },
        { tStartMs: 2000, dDurationMs: 2080, wWinId: 1, aAppend: 1, segs: [{ utf8: '\n' }] },
        { tStartMs: 2010, dDurationMs: 3000, wWinId: 1, segs: [{ utf8: 'we go on' }] },
      ],
    };
    expect(parse(document)).toEqual({
      format: 'json3',
      language: null,
      cues: [
        {
          startMs: 80,
          endMs: 4080,
          text: 'so today',
          speaker: null,
          words: [word('so', 80, 400), word('today', 400, 4080)],
        },
        { startMs: 2010, endMs: 5010, text: 'we go on', speaker: null },
      ],
      warnings: [],
    });
  });

  it('reads lists of cues, in seconds, milliseconds or stamps', () => {
    expect(
      parse([
        { text: 'Hey', start: 0, duration: 1.54 },
        { text: 'you', start: 1.54, duration: 4.16 },
      ]).cues,
    ).toMatchObject([
      { startMs: 0, endMs: 1540 },
      { startMs: 1540, endMs: 5700 },
    ]);
    expect(parse({ captions: [{ content: 'Hey', start: 599, end: 4160 }] }).cues).toMatchObject([
      { startMs: 599, endMs: 4160 },
    ]);
    expect(
      parse({ cues: [{ text: 'Hey', start: '00:01:02.500', end: '1:03,25', speaker: 'Ann' }] }).cues,
    ).toEqual([{ startMs: 62_500, endMs: 63_250, text: 'Hey', speaker: 'Ann' }]);
  });

  it('mends what is wrong, and says so', () => {
    const { cues, warnings } = parse({
      segments: [
        { start: -1, end: 2, text: 'early' },
        { start: 5, end: 3, text: 'backwards' },
        { text: 'timeless' },
        { start: 7, end: 8, text: '  ' },
      ],
    });
    expect(cues.map(({ startMs, endMs, text }) => [startMs, endMs, text])).toEqual([
      [0, 2000, 'early'],
      [5000, 5000, 'backwards'],
      [5000, 5000, 'timeless'],
    ]);
    expect(warnings.map(({ message }) => message)).toEqual([
      'segments[0]: begins 1000 ms before 0: begins at 0',
      'segments[1]: ends 2000 ms before it starts: ends at its start',
      'segments[2]: no start: begins where the one before ends',
      'segments[3]: no text: left out',
    ]);
  });

  it('leaves other JSON to be text', () => {
    expect(parse({ hello: 'world' }).format).toBe('text');
    expect(parseTranscript('[Applause]\n\nThank you.').format).toBe('text');
  });

  it('reads all whole cues of a document that was cut off anywhere', () => {
    const segments = Array.from({ length: 8 }, (_, i) => ({
      id: i,
      start: i,
      end: i + 1,
      text: `Number "${i}" \\ \u{1f600}`,
    }));
    const text = JSON.stringify({ language: 'en', segments }, null, 1);
    fc.assert(
      fc.property(fc.nat(text.length - 2), (length) => {
        const head = text.slice(0, length);
        const whole = [...head.matchAll(/"text": "(?:[^"\\]|\\.)*"/g)].length;
        if (whole === 0) return;
        const { format, cues, warnings } = parseTranscript(head);
        expect(format).toBe('whisper');
        expect(cues.map(({ text: said }) => said)).toEqual(
          segments.slice(0, whole).map((segment) => segment.text),
        );
        expect(warnings.at(-1)).toEqual({
          line: head.split('\n').length,
          message: expect.stringMatching(/cut off here/),
        });
      }),
    );
  });

  it('keeps its promises for documents of any shape', () => {
    const keys = fc.constantFrom(
      'segments',
      'words',
      'results',
      'channels',
      'items',
      'text',
      'start',
      'end',
      'events',
      'segs',
      'alternatives',
      'utterances',
    );
    const { document } = fc.letrec((tie) => ({
      document: fc.oneof(
        { maxDepth: 5 },
        fc.constantFrom(null, 1, -2.5, 'text', '1.5s', true),
        fc.array(tie('document'), { maxLength: 4 }),
        fc.dictionary(keys, tie('document'), { maxKeys: 5 }),
      ),
    }));
    fc.assert(
      fc.property(document, (value) => {
        const { cues } = parse(value);
        for (const { startMs, endMs, text, words = [] } of cues) {
          expect(text.trim()).toBe(text);
          if (startMs !== null) expect(startMs).toBeLessThanOrEqual(endMs!);
          for (const one of words) expect(one.startMs).toBeLessThanOrEqual(one.endMs);
        }
      }),
      { numRuns: 500 },
    );
  });

  it.each([
    ['10 MB of [', '['.repeat(10_000_000)],
    ['10 MB of {"a":', '{"a":'.repeat(2_000_000)],
    ['a million lists in each other', `${'['.repeat(1_000_000)}${']'.repeat(1_000_000)}`],
    ['a string of 10 MB without an end', `{"segments":[{"text":"${'\\"'.repeat(5_000_000)}`],
    ['a list of 10 MB of commas', `{"segments":[${','.repeat(10_000_000)}`],
  ])('reads %s in time', (_, text) => {
    expect(parseTranscript(text).cues.length).toBeLessThanOrEqual(1);
  });
});

describeWithCorpora('JSON of real services', () => {
  const read = (name: string) => parseTranscript(readFileSync(corpus('deepgram-json', name), 'utf8'));
  const plain = (text: string) =>
    text
      .toLowerCase()
      .replace(/[^\p{L}\p{N}]+/gu, ' ')
      .trim();

  it.each([
    ['dg-transcription.json', 'deepgram'],
    ['dg-utterances.json', 'deepgram'],
    ['dg-speakers.json', 'deepgram'],
    ['dg-speakers-no-utterance.json', 'deepgram'],
    ['assemblyai-transcription.json', 'assemblyai'],
    ['assemblyai-utterances.json', 'assemblyai'],
  ])('%s is read whole: all that it transcribes, in order, with words and times', (name, format) => {
    const document = JSON.parse(readFileSync(corpus('deepgram-json', name), 'utf8'));
    const transcript = document.text ?? document.results.channels[0].alternatives[0].transcript;
    const found = read(name);
    expect(found).toMatchObject({ format, warnings: [] });
    expect(plain(found.cues.map(({ text }) => text).join(' '))).toBe(plain(transcript));
    for (const { startMs, endMs, words } of found.cues) {
      expect(words!.length).toBeGreaterThan(0);
      expect(words![0]!.startMs).toBeGreaterThanOrEqual(startMs!);
      expect(words!.at(-1)!.endMs).toBeLessThanOrEqual(endMs!);
    }
  });

  it.each([
    ['dg-speakers-no-utterance.json', 'deepgram', '"speaker_confidence"'],
    ['dg-transcription.json', 'deepgram', '"punctuated_word"'],
    ['assemblyai-transcription.json', 'assemblyai', '"confidence"'],
    ['assemblyai-utterances.json', 'assemblyai', '"confidence"'],
  ])('%s, cut off in its words, has all that are whole', (name, format, lastKey) => {
    const text = readFileSync(corpus('deepgram-json', name), 'utf8');
    const all = read(name).cues.flatMap(({ words }) => words!.map((word) => word.text));
    const start = text.indexOf('"words"');
    for (let n = 1; n <= 20; n++) {
      const head = text.slice(0, start + Math.floor((text.length / 4 / 20) * n));
      // Words end with this key; the one that the cut is in may or may not be whole.
      const whole = head.slice(start).split(lastKey).length - 1;
      if (whole < 2) continue;
      const { format: found, cues, warnings } = parseTranscript(head);
      expect(found).toBe(format);
      expect(cues.flatMap((cue) => cue.words ?? []).length).toBeGreaterThanOrEqual(
        Math.min(whole - 1, all.length),
      );
      expect(warnings.map(({ message }) => message)).toContainEqual(expect.stringMatching(/cut off here/));
    }
  });

  it('names speakers', () => {
    expect(new Set(read('dg-speakers.json').cues.map(({ speaker }) => speaker))).toEqual(
      new Set(['Speaker 0', 'Speaker 1', 'Speaker 2']),
    );
    expect(new Set(read('assemblyai-utterances.json').cues.map(({ speaker }) => speaker))).toEqual(
      new Set(['Speaker A']),
    );
  });
});
