import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { plainText } from '../../../../../src/shared/kernels/transcripts/plain-text.js';

function turnsOf(text: string): [string | null, string][] {
  return plainText.parse(text).cues.map(({ speaker, text: said }) => [speaker, said]);
}

describe('plain text', () => {
  it('has a cue without times for each paragraph', () => {
    expect(plainText.parse('One line\n  and another \n\n \t\n\nSecond.\n')).toEqual({
      cues: [
        { startMs: null, endMs: null, text: 'One line\nand another', speaker: null },
        { startMs: null, endMs: null, text: 'Second.', speaker: null },
      ],
      warnings: [],
    });
  });

  it('gives back the turns of any text', () => {
    const line = fc.stringMatching(/^[a-z0-9 .,!?<>*_-]{1,30}$/).map((text) => `a${text.trim()}`);
    const turn = fc.record({
      name: fc.oneof(
        fc.stringMatching(/^\p{Lu}\p{L}{0,4}( \p{Lu}\p{L}{0,4}| \d){0,2}$/u),
        fc.nat(99).map((n) => `SPEAKER_${String(n).padStart(2, '0')}`),
      ),
      lines: fc.array(line, { minLength: 1, maxLength: 3 }),
      seconds: fc.nat(5999),
    });
    const clock = (seconds: number) =>
      `[${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}]`;
    fc.assert(
      fc.property(
        fc.array(turn, { minLength: 2, maxLength: 6 }),
        fc.constantFrom('none', 'before', 'behind'),
        fc.constantFrom('\n', '\n\n'),
        (turns, times, between) => {
          const text = turns.map(({ name, lines, seconds }) => {
            const stamp = `${clock(seconds)} `;
            const said = lines.join('\n');
            if (times === 'none') return `${name}: ${said}`;
            return times === 'before' ? `${stamp}${name}: ${said}` : `${name}: ${stamp}${said}`;
          });
          const { cues } = plainText.parse(text.join(between));
          expect(cues.map((cue) => [cue.startMs, cue.speaker, cue.text])).toEqual(
            turns.map(({ name, lines, seconds }) => [
              times === 'none' ? null : seconds * 1000,
              name,
              lines.join('\n'),
            ]),
          );
        },
      ),
    );
  });

  it('has no cue where there is no text', () => {
    expect(turnsOf('')).toEqual([]);
    expect(turnsOf(' \n\u00a0\n')).toEqual([]);
  });

  it('has speakers where two paragraphs begin with names', () => {
    expect(turnsOf('Ann Lee: Hi.\n\nBob: Hello,\nAnn.\n\nNobody in particular.\n\nSpeaker 1: Yes.')).toEqual([
      ['Ann Lee', 'Hi.'],
      ['Bob', 'Hello,\nAnn.'],
      [null, 'Nobody in particular.'],
      ['Speaker 1', 'Yes.'],
    ]);
  });

  it('begins a turn at each line with a name, in a paragraph that begins with one', () => {
    expect(turnsOf('ANN: Hi.\nBOB: Hello,\nAnn.\nANN:\nYes.')).toEqual([
      ['ANN', 'Hi.'],
      ['BOB', 'Hello,\nAnn.'],
      ['ANN', 'Yes.'],
    ]);
  });

  it.each([
    ['only one paragraph has a name', 'Ann: Hi.\n\nThen silence.'],
    ['they are no names', 'first: a\n\nsecond: b\n\nAt 10:30 we left.\n\nhttps://x.org\n\nNote:this'],
    ['they have five words', 'One Two Three Four Five: a\n\nOne Two Three Four Five: b'],
    ['they are longer than 40', `${'A'.repeat(41)}: a\n\n${'A'.repeat(41)}: b`],
    ['a line in a paragraph looks like one', 'a\nAnn: Hi.\nBob: Hello.'],
  ])('has none where %s', (_, text) => {
    expect(turnsOf(text)).toEqual(text.split('\n\n').map((paragraph) => [null, paragraph]));
  });

  it('has names of up to 40', () => {
    const name = `Ánna-María O’Brien ${'X'.repeat(21)}`;
    expect(name).toHaveLength(40);
    expect(turnsOf(`${name}: a\n\n${name}: b`)).toEqual([
      [name, 'a'],
      [name, 'b'],
    ]);
  });

  it('leaves out a name that says nothing', () => {
    expect(turnsOf('Ann:\n\nBob: Hello.')).toEqual([['Bob', 'Hello.']]);
  });
});
