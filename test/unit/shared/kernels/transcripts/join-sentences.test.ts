import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { joinSentences } from '../../../../../src/shared/kernels/transcripts/join-sentences.js';
import type { Cue } from '../../../../../src/shared/transcript.js';

const cue = (
  startMs: number | null,
  endMs: number | null,
  text: string,
  speaker: string | null = null,
): Cue => ({ startMs, endMs, text, speaker });

describe('joinSentences', () => {
  it('rebuilds sentences across cues, with times by proportion', () => {
    expect(joinSentences([cue(0, 1000, 'This goes'), cue(1000, 3000, 'on.\nAnd ends.')])).toEqual([
      cue(0, 1462, 'This goes on.'),
      cue(1615, 3000, 'And ends.'),
    ]);
  });

  it('takes the times of words where they are', () => {
    const words = ['one', 'two.', 'Three', 'four.'].map((text, i) => ({
      text,
      startMs: 100 * i,
      endMs: 100 * i + 50,
    }));
    expect(joinSentences([{ ...cue(0, 1000, 'one two. Three four.'), words }])).toEqual([
      cue(0, 150, 'one two.'),
      cue(200, 350, 'Three four.'),
    ]);
  });

  it('ends with speakers and silence, and puts no spaces into Chinese', () => {
    expect(
      joinSentences([cue(0, 1, 'Hi', 'Ann'), cue(1, 2, 'hello', 'Bob'), cue(9000, 9001, 'later', 'Bob')]).map(
        ({ text }) => text,
      ),
    ).toEqual(['Hi', 'hello', 'later']);
    expect(joinSentences([cue(0, 1000, '今天我们'), cue(1000, 2000, '来谈谈。好的。')])).toEqual([
      cue(0, 1571, '今天我们来谈谈。'),
      cue(1571, 2000, '好的。'),
    ]);
  });

  it('does not end at abbreviations, and divides paragraphs without times', () => {
    expect(
      joinSentences([cue(0, 1000, 'Dr.'), cue(1000, 2000, 'Smith came. He left.')]).map(({ text }) => text),
    ).toEqual(['Dr. Smith came.', 'He left.']);
    expect(joinSentences([cue(null, null, 'One. Two.'), cue(null, null, 'three')])).toEqual([
      cue(null, null, 'One.'),
      cue(null, null, 'Two.'),
      cue(null, null, 'three'),
    ]);
  });

  it('keeps all of the text, in order, and times within those of the cues', () => {
    const text = fc.stringMatching(/^[A-Za-z。. ]{1,20}$/).filter((value) => value.trim() !== '');
    const cues = fc.array(fc.record({ text, lengthMs: fc.integer({ min: 1, max: 5000 }) }), {
      maxLength: 12,
    });
    fc.assert(
      fc.property(cues, (list) => {
        let at = 0;
        const given = list.map(({ text: said, lengthMs }) => {
          at += lengthMs;
          return cue(at - lengthMs, at, said);
        });
        const sentences = joinSentences(given);
        const letters = (all: readonly Cue[]) =>
          all
            .map((one) => one.text)
            .join('')
            .replace(/\s/g, '');
        expect(letters(sentences)).toBe(letters(given));
        let before = 0;
        for (const { startMs, endMs } of sentences) {
          expect(startMs).toBeGreaterThanOrEqual(before);
          expect(endMs).toBeGreaterThanOrEqual(startMs!);
          before = startMs!;
        }
        expect(sentences.at(-1)?.endMs ?? 0).toBeLessThanOrEqual(at);
      }),
    );
  });

  it('takes linear time', () => {
    const cues = Array.from({ length: 100_000 }, (_, i) =>
      cue(i, i + 1, i % 10 === 9 ? 'and ends.' : i % 10 === 0 ? 'It begins' : 'goes on and'),
    );
    expect(joinSentences(cues)).toHaveLength(10_000);
    expect(joinSentences([cue(0, 1, 'word '.repeat(400_000))])).toHaveLength(1);
  });
});
