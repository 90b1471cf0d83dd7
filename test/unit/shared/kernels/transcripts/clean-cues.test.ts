import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { cleanCues } from '../../../../../src/shared/kernels/transcripts/clean-cues.js';
import { parseTranscript } from '../../../../../src/shared/kernels/transcripts/format.js';
import type { Cue } from '../../../../../src/shared/transcript.js';

const cue = (startMs: number, endMs: number, text: string, speaker: string | null = null): Cue => ({
  startMs,
  endMs,
  text,
  speaker,
});
const textsOf = (cues: readonly Cue[]) => cues.map(({ text }) => text);

describe('cleanCues', () => {
  it("undoes YouTube's automatic captions, with the time of each line", () => {
    const vtt = `WEBVTT

00:00:00.000 --> 00:00:02.000
so<00:00:00.500><c> today</c>

00:00:02.000 --> 00:00:02.010
so today

00:00:02.010 --> 00:00:04.000
so today
we<00:00:03.000><c> go</c>

00:00:04.000 --> 00:00:04.010
we go

00:00:04.010 --> 00:00:06.000
we go
on`;
    expect(cleanCues(parseTranscript(vtt).cues)).toEqual([
      cue(0, 2010, 'so today'),
      cue(2010, 4010, 'we go'),
      cue(4010, 6000, 'on'),
    ]);
  });

  it('takes lines that grow word by word as they are in the end', () => {
    const cues = ['THE', 'THE MILL', 'THE MILL RACE', 'THE MILL RACE\nRUNS', 'THE MILL RACE\nRUNS ON'].map(
      (text, i) => cue(i * 500, (i + 1) * 500, text),
    );
    expect(cleanCues(cues)).toEqual([cue(0, 1500, 'THE MILL RACE'), cue(1500, 2500, 'RUNS ON')]);
  });

  it('leaves repetitions that are speech', () => {
    const cues = [cue(0, 1, 'No.'), cue(1, 2, 'No.'), cue(2, 3, 'Yes.'), cue(3, 4, 'Why?'), cue(4, 5, 'So.')];
    expect(cleanCues(cues)).toEqual(cues);
    expect(cleanCues([cue(0, 1000, 'a'), cue(9000, 9500, 'a'), cue(20_000, 20_500, 'a')])).toHaveLength(3);
  });

  it('undoes the rolling up of any lines exactly', () => {
    const line = fc.stringMatching(/^[a-z]{1,6}( [a-z]{1,6}){0,3}$/);
    // Equal lines in one window can't be told from a line that is still shown, nor one that another begins with.
    const lines = fc.uniqueArray(line, {
      minLength: 2,
      maxLength: 20,
      comparator: (a, b) => a.startsWith(b) || b.startsWith(a),
    });
    fc.assert(
      fc.property(lines, fc.integer({ min: 2, max: 4 }), (list, shown) => {
        const cues = list.map((_, i) =>
          cue(i * 1000, (i + 1) * 1000, list.slice(Math.max(0, i + 1 - shown), i + 1).join('\n')),
        );
        expect(cleanCues(cues)).toEqual(list.map((text, i) => cue(i * 1000, (i + 1) * 1000, text)));
      }),
    );
  });

  it('loses no word of any cues', () => {
    const text = fc
      .array(fc.constantFrom('a', 'b', 'a b', 'c'), { minLength: 1, maxLength: 3 })
      .map((parts) => parts.join('\n'));
    fc.assert(
      fc.property(fc.array(text, { maxLength: 12 }), (texts) => {
        const cues = texts.map((said, i) => cue(i, i + 1, said));
        const words = (list: readonly Cue[]) => new Set(textsOf(list).flatMap((said) => said.split(/\s/)));
        expect(words(cleanCues(cues))).toEqual(words(cues));
      }),
    );
  });

  it('leaves out sounds, if it is told so', () => {
    const cues = [
      '[Applause]',
      'Hello [laughs] there',
      '(door closes)\nWho is it?',
      '♪ la la ♪',
      'a (nice) day',
      '【音楽】',
    ].map((text, i) => cue(i, i + 1, text));
    expect(textsOf(cleanCues(cues))).toEqual(textsOf(cues));
    expect(textsOf(cleanCues(cues, { sounds: 'drop' }))).toEqual([
      'Hello there',
      'Who is it?',
      'a (nice) day',
    ]);
  });

  it('takes names out of texts and writes them alike, if it is told so', () => {
    const cues = [
      cue(0, 1, '>> ALICE SMITH: Hi.'),
      cue(1, 2, '>> Hello.'),
      cue(2, 3, "O'BRIEN: Yes."),
      cue(3, 4, 'Note: this'),
      cue(4, 5, 'x', 'ALICE SMITH: '),
    ];
    expect(cleanCues(cues, { speakers: true }).map(({ speaker, text }) => [speaker, text])).toEqual([
      ['Alice Smith', 'Hi.'],
      [null, 'Hello.'],
      ["O'brien", 'Yes.'],
      [null, 'Note: this'],
      ['Alice Smith', 'x'],
    ]);
  });
});
