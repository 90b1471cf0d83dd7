import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { chunkLimits, chunkTranscript, transcriptText } from '../../../../src/shared/kernels/chunking.js';
import { loadTokenCounter, type TokenCounter } from '../../../../src/shared/kernels/tokens.js';
import type { Cue } from '../../../../src/shared/transcript.js';

let countTokens: TokenCounter;

beforeAll(async () => {
  countTokens = await loadTokenCounter('cl100k_base');
});

function cut(cues: readonly Cue[], maxTokens?: number, overlapTokens?: number) {
  return chunkTranscript(cues, { source: 'talk.srt', maxTokens, overlapTokens, countTokens });
}

/** Cues of one second each. */
function timed(texts: readonly string[], speakers: readonly (string | null)[] = []): Cue[] {
  return texts.map((text, i) => ({
    startMs: 1000 * i,
    endMs: 1000 * i + 900,
    text,
    speaker: speakers[i] ?? null,
  }));
}

function paragraph(text: string, speaker: string | null = null): Cue {
  return { startMs: null, endMs: null, text, speaker };
}

describe('chunkTranscript', () => {
  it('makes one chunk of what fits into one', () => {
    expect(cut(timed(['Hello there,\nall of you.', 'Welcome.']))).toEqual([
      {
        id: 'talk.srt#0000',
        source: 'talk.srt',
        index: 0,
        startMs: 0,
        endMs: 1900,
        speaker: null,
        text: 'Hello there, all of you. Welcome.',
        tokens: 9,
        startByte: 0,
        endByte: 33,
        previous: null,
        next: null,
      },
    ]);
  });

  it('makes none of nothing', () => {
    expect(cut([])).toEqual([]);
    expect(cut(timed(['', ' \n ']))).toEqual([]);
  });

  it('numbers chunks with at least four digits', () => {
    const chunks = cut(timed(Array(10_001).fill('one two three four five six seven')), 8, 0);
    expect(chunks[7]?.id).toBe('talk.srt#0007');
    expect(chunks[10_000]?.id).toBe('talk.srt#10000');
  });

  it('cuts between cues and repeats the last whole ones within the overlap', () => {
    const words = Array.from({ length: 12 }, (_, i) => `cue number ${i} says`);
    const chunks = cut(timed(words), 20, 6);
    for (const [i, chunk] of chunks.entries()) {
      const numbers = [...chunk.text.matchAll(/cue number (\d+) says/g)].map((match) => Number(match[1]));
      expect(chunk.text).toBe(numbers.map((n) => words[n]).join(' '));
      expect(chunk.startMs).toBe(1000 * numbers[0]!);
      expect(chunk.endMs).toBe(1000 * numbers.at(-1)! + 900);
      if (i > 0) expect(chunks[i - 1]!.text.endsWith(words[numbers[0]!]!)).toBe(true);
    }
  });

  it('repeats nothing without an overlap', () => {
    const words = Array.from({ length: 12 }, (_, i) => `cue number ${i} says`);
    expect(
      cut(timed(words), 20, 0)
        .map((chunk) => chunk.text)
        .join(' '),
    ).toBe(words.join(' '));
  });

  it('ends at the end of a sentence, if that costs at most an eighth', () => {
    const texts = ['alpha beta gamma delta', 'one two three four.', 'five', 'six seven eight nine'];
    expect(countTokens(texts.slice(0, 3).join(' '))).toBeLessThanOrEqual(10);
    expect(cut(timed(texts), 10, 0)[0]?.text).toBe('alpha beta gamma delta one two three four.');
  });

  it('has the latest end of its cues', () => {
    const cues = timed(['long note', 'short']);
    cues[0]!.endMs = 9000;
    expect(cut(cues)[0]?.endMs).toBe(9000);
  });

  it('joins paragraphs with a blank line, has no times, and cuts between sentences', () => {
    const text = 'First sentence here. Second one\nis here. Third now.';
    expect(cut([paragraph(text), paragraph('Another.')])).toMatchObject([
      {
        startMs: null,
        endMs: null,
        text: 'First sentence here. Second one is here. Third now.\n\nAnother.',
      },
    ]);
    expect(cut([paragraph(text)], 8, 0).map((chunk) => chunk.text)).toEqual([
      'First sentence here.',
      'Second one is here. Third now.',
    ]);
  });

  it('puts no space between sentences that have none', () => {
    expect(cut([paragraph('水が流れる。水車が回る！ 止まる。')])[0]?.text).toBe(
      '水が流れる。水車が回る！ 止まる。',
    );
  });

  it('names the speaker of a chunk with one, and leaves the text alone', () => {
    expect(cut(timed(['Hi.', 'It is me.'], ['Ann', 'Ann']))).toMatchObject([
      { speaker: 'Ann', text: 'Hi. It is me.' },
    ]);
  });

  it('begins each turn with its name where several speak', () => {
    expect(
      cut(timed(['Hi.', 'And you?', 'Hello.', '(noise)', 'Yes.'], ['Ann', 'Ann', 'Bob', null, 'Bob'])),
    ).toMatchObject([{ speaker: null, text: 'Ann: Hi. And you?\nBob: Hello.\n(noise)\nBob: Yes.' }]);
    expect(cut([paragraph('Hi. You?', 'Ann'), paragraph('Me.', 'Bob')])).toMatchObject([
      { speaker: null, text: 'Ann: Hi. You?\n\nBob: Me.' },
    ]);
  });

  it('divides a cue that is too long into sentences, words and characters, all with its times', () => {
    const long = `${'short words here '.repeat(30)}end. ${'x'.repeat(400)} Fine.`;
    const chunks = cut(timed([long]), 16, 4);
    for (const chunk of chunks) expect(chunk).toMatchObject({ startMs: 0, endMs: 900 });
    expect(chunks.length).toBeGreaterThan(10);
    expect(chunks.at(-1)?.text.endsWith('Fine.')).toBe(true);
    const words = chunks.flatMap(({ text }) => text.split(' ')).filter((word) => !/^x+$/.test(word));
    expect([...new Set(words)].sort()).toEqual(['Fine.', 'end.', 'here', 'short', 'words']);
  });

  it('cuts no character in two where it can help it', () => {
    const family = '👩🏽\u200d👩🏽\u200d👧';
    const chunks = cut([paragraph(family.repeat(10))], 64, 0);
    expect(chunks.map((chunk) => chunk.text).join('')).toBe(family.repeat(10));
    for (const { text } of chunks) expect(text.length % family.length).toBe(0);
  });

  it('fills chunks without regard to sentences, if it is told so', () => {
    const texts = ['alpha beta gamma delta', 'one two three four.', 'five', 'six seven eight nine'];
    const [first] = chunkTranscript(timed(texts), {
      source: 'x',
      maxTokens: 10,
      overlapTokens: 0,
      strategy: 'fixed',
      countTokens,
    });
    expect(first?.text).toBe('alpha beta gamma delta one two three four. five');
  });

  it('ends with each turn, or each window, if it is told so', () => {
    const cues = timed(['Hi.', 'You?', 'Yes.', 'No.', 'Oh.'], ['Ann', 'Ann', 'Bob', 'Bob', 'Ann']);
    const texts = (strategy: 'speaker' | 'window') =>
      chunkTranscript(cues, { source: 'x', strategy, windowMs: 2000, countTokens }).map(
        ({ speaker, text }) => [speaker, text],
      );
    expect(texts('speaker')).toEqual([
      ['Ann', 'Hi. You?'],
      ['Bob', 'Yes. No.'],
      ['Ann', 'Oh.'],
    ]);
    expect(texts('window')).toEqual([
      ['Ann', 'Hi. You?'],
      ['Bob', 'Yes. No.'],
      ['Ann', 'Oh.'],
    ]);
  });

  it('divides nothing inside of graphemes', () => {
    for (const grapheme of ['🇩🇪', 'ᄒ\u1161ᆫ', 'क्षि', '👩🏽\u200d🚀', 'e\u0301\u0323']) {
      const chunks = cut([paragraph(grapheme.repeat(200))], 40, 0);
      for (const { text } of chunks) expect([grapheme, text.length % grapheme.length]).toEqual([grapheme, 0]);
    }
  });

  it('takes linear time for a text without spaces and ends', () => {
    expect(cut([paragraph('a水'.repeat(250_000))], 512, 64).length).toBeGreaterThan(500);
  });

  it.each([
    ['more overlap than half', 100, 50],
    ['too few tokens', 7, 0],
    ['a negative overlap', 100, -1],
  ])('refuses %s', (_, maxTokens, overlapTokens) => {
    expect(() => cut([], maxTokens, overlapTokens)).toThrow(
      expect.objectContaining({ code: 'MILLRACE_INVALID_ARGUMENT' }),
    );
  });

  it('names both limits when they do not go together', () => {
    expect(() => cut([], 100, 60)).toThrow(/"overlapTokens".*the tokens of a chunk \(100\), received 60/);
  });
});

describe('chunkLimits', () => {
  it('are 512 and 64, with less overlap for smaller chunks', () => {
    expect(chunkLimits({})).toEqual({ maxTokens: 512, overlapTokens: 64 });
    expect(chunkLimits({ maxTokens: 2048 }).overlapTokens).toBe(64);
    expect(chunkLimits({ maxTokens: 100 }).overlapTokens).toBe(12);
  });
});

describe('chunks of any transcript', () => {
  const word = fc.oneof(
    fc.constantFrom('the', 'mill', 'race.', 'And', 'water?', '。', '水車', '1871', 'Привет', '😀', '\ufeff'),
    fc.string({ unit: 'grapheme', maxLength: 12 }),
    fc.constantFrom('a'.repeat(300), '<'.repeat(90), '👩\u200d'.repeat(20), 'e\u0301'.repeat(40)),
  );
  const cueText = fc.array(word, { maxLength: 30 }).map((words) => words.join(' '));
  const speaker = fc.constantFrom(null, null, 'Ann', 'Bob', 'A very long name that costs a number of tokens');
  const cues = fc.oneof(
    fc.array(fc.tuple(cueText, speaker), { maxLength: 20 }).map((items) =>
      timed(
        items.map(([text]) => text),
        items.map(([, name]) => name),
      ),
    ),
    fc
      .array(fc.tuple(cueText, speaker), { maxLength: 10 })
      .map((items) => items.map(([text, name]) => paragraph(text, name))),
  );
  const limits = fc
    .integer({ min: 8, max: 80 })
    .chain((max) => fc.tuple(fc.constant(max), fc.integer({ min: 0, max: Math.ceil(max / 2) - 1 })));
  const solid = (value: string) => value.replace(/\s+/g, '');

  it('are within the limit, with exact counts', () => {
    fc.assert(
      fc.property(cues, limits, (sample, [maxTokens, overlapTokens]) => {
        for (const [i, chunk] of cut(sample, maxTokens, overlapTokens).entries()) {
          expect(chunk.tokens).toBe(countTokens(chunk.text));
          expect(chunk.tokens).toBeLessThanOrEqual(maxTokens);
          expect(chunk.text).toBe(chunk.text.trim());
          expect(chunk.index).toBe(i);
        }
      }),
      { numRuns: 300 },
    );
  });

  it('know where they are in the text, and their neighbours', () => {
    fc.assert(
      fc.property(
        cues,
        limits,
        fc.constantFrom('sentence', 'fixed', 'speaker', 'window'),
        (sample, [maxTokens, overlapTokens], strategy) => {
          const silent = sample.map((cue) => ({ ...cue, speaker: null }));
          const text = Buffer.from(transcriptText(silent));
          const chunks = chunkTranscript(silent, {
            source: 'x',
            maxTokens,
            overlapTokens,
            strategy,
            windowMs: 3000,
            countTokens,
          });
          let covered = 0;
          for (const [i, chunk] of chunks.entries()) {
            const slice = text.subarray(chunk.startByte!, chunk.endByte!);
            expect(solid(slice.toString())).toBe(Buffer.from(solid(chunk.text)).toString());
            expect(solid(text.subarray(covered, chunk.startByte!).toString())).toBe('');
            covered = Math.max(covered, chunk.endByte!);
            expect([chunk.previous, chunk.next]).toEqual([
              chunks[i - 1]?.id ?? null,
              chunks[i + 1]?.id ?? null,
            ]);
          }
          expect(solid(text.subarray(covered).toString())).toBe('');
        },
      ),
      { numRuns: 300 },
    );
  });

  it('are all of the text, in order, where nothing overlaps', () => {
    fc.assert(
      fc.property(cues, fc.integer({ min: 8, max: 80 }), (sample, maxTokens) => {
        const silent = sample.map((cue) => ({ ...cue, speaker: null }));
        const chunks = cut(silent, maxTokens, 0);
        expect(solid(chunks.map((chunk) => chunk.text).join(''))).toBe(
          solid(silent.map((cue) => cue.text).join('')),
        );
      }),
      { numRuns: 300 },
    );
  });

  it('overlap by at most so many tokens, and each goes on', () => {
    const numbered = fc
      .array(fc.integer({ min: 1, max: 8 }), { minLength: 1, maxLength: 60 })
      .map((lengths) => timed(lengths.map((length, i) => `${`word${i} `.repeat(length)}end${i}`)));
    fc.assert(
      fc.property(numbered, limits, (sample, [maxTokens, overlapTokens]) => {
        fc.pre(sample.every((cue) => countTokens(cue.text) <= maxTokens));
        const chunks = cut(sample, maxTokens, overlapTokens);
        const cuesOf = (text: string) => [...text.matchAll(/end(\d+)/g)].map((match) => Number(match[1]));
        let last = -1;
        for (const { text } of chunks) {
          const seen = cuesOf(text);
          const repeated = seen.filter((cue) => cue <= last);
          expect(seen.at(-1)).toBeGreaterThan(last);
          expect(seen[0]).toBeLessThanOrEqual(last + 1);
          expect(countTokens(repeated.map((cue) => sample[cue]!.text).join(' '))).toBeLessThanOrEqual(
            overlapTokens,
          );
          last = seen.at(-1)!;
        }
        expect(last).toBe(sample.length - 1);
      }),
      { numRuns: 300 },
    );
  });
});
