import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { endsSentence, splitSentences } from '../../../../src/shared/kernels/sentences.js';

describe('splitSentences', () => {
  it.each([
    ['One. Two! Three? Four…', ['One.', 'Two!', 'Three?', 'Four…']],
    ['He said "Go." Then he went.', ['He said "Go."', 'Then he went.']],
    ['“Really?!” She laughed. (So did I.) Yes.', ['“Really?!”', 'She laughed.', '(So did I.)', 'Yes.']],
    ['你好。我们开始吧！好吗？“好。”走', ['你好。', '我们开始吧！', '好吗？', '“好。”', '走']],
    ['यह एक है। यह दो है।', ['यह एक है।', 'यह दो है।']],
    ['كيف حالك؟ بخير.', ['كيف حالك؟', 'بخير.']],
    ['no mark at all', ['no mark at all']],
    ['   ', []],
    ['', []],
  ])('%j', (text, sentences) => {
    expect(splitSentences(text)).toEqual(sentences);
  });

  it.each([
    'Dr. Smith met Mr. J. R. Jones.',
    'Pi is 3.14 or so, e.g. here, i.e. nowhere.',
    'wait... what?',
    'See example.com for more.',
    'Apples, pears, etc. are fruit.',
    '(Prof. Lee spoke.)',
  ])('leaves %j whole', (text) => {
    expect(splitSentences(text)).toEqual([text]);
  });

  it('takes no abbreviation for what only ends like one', () => {
    expect(splitSentences('On the canvas. She painted.')).toEqual(['On the canvas.', 'She painted.']);
  });

  it('loses nothing but white space', () => {
    const text = fc.string({
      unit: fc.constantFrom('a', 'B', ' ', '.', '!', '。', '"', '\n', ')', 'é', '1'),
    });
    const solid = (value: string) => value.replace(/\s+/g, '');
    fc.assert(
      fc.property(text, (sample) => {
        const sentences = splitSentences(sample);
        expect(solid(sentences.join(''))).toBe(solid(sample));
        for (const sentence of sentences) expect(sentence).toBe(sentence.trim());
      }),
      { numRuns: 1000 },
    );
  });

  it.each(['.', ".'", '. ', 'A. ', '。', '."'])('takes linear time for a long run of %j', (unit) => {
    expect(splitSentences(unit.repeat(200_000)).length).toBeGreaterThan(0);
  });
});

describe('endsSentence', () => {
  it.each(['Yes.', 'Yes?"', '好。', '“好。”', 'So…', 'है।'])('%j does', (text) => {
    expect(endsSentence(text)).toBe(true);
  });

  it.each(['and then', 'first,', 'x.y', ''])('%j does not', (text) => {
    expect(endsSentence(text)).toBe(false);
  });
});
