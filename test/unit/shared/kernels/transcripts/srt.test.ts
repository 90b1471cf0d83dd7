import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { srt } from '../../../../../src/shared/kernels/transcripts/srt.js';

/** `start–end text` of each cue, lines divided by ` / `. */
function cuesOf(text: string): string[] {
  return srt.parse(text).cues.map((cue) => `${cue.startMs}–${cue.endMs} ${cue.text.replaceAll('\n', ' / ')}`);
}

function warningsOf(text: string): string[] {
  return srt.parse(text).warnings.map(({ line, message }) => `${line}: ${message}`);
}

const GOOD =
  '1\n00:00:01,000 --> 00:00:02,500\nFirst\nline two\n\n2\n01:02:03,004 --> 01:02:04,005\nSecond\n';

describe('a well-formed SubRip file', () => {
  it('gives its cues, without warnings', () => {
    expect(srt.parse(GOOD)).toEqual({
      cues: [
        { startMs: 1000, endMs: 2500, text: 'First\nline two', speaker: null },
        { startMs: 3_723_004, endMs: 3_724_005, text: 'Second', speaker: null },
      ],
      warnings: [],
    });
  });

  it('gives the same without a line end at its end, and with many', () => {
    expect(srt.parse(GOOD.trimEnd())).toEqual(srt.parse(GOOD));
    expect(srt.parse(`\n\n${GOOD}\n\n\n`).cues).toEqual(srt.parse(GOOD).cues);
  });
});

describe('the stamps of SubRip', () => {
  it.each([
    ['00:00:01,000 --> 00:00:02,000', 1000, 2000],
    ['0:00:01.000 --> 0:00:02.000', 1000, 2000],
    ['00:01,000 --> 00:02,000', 1000, 2000],
    ['1:05 --> 1:06', 65_000, 66_000],
    ['00:00:01 --> 00:00:02', 1000, 2000],
    ['00:00:01,5 --> 00:00:02,25', 1500, 2250],
    ['00:00:01,0009 --> 00:00:02,9999', 1000, 2999],
    ['00:00:013,567 --> 00:00:14,901', 13_567, 14_901],
    ['100:00:00,000 --> 100:00:01,000', 360_000_000, 360_001_000],
    ['00:00:01,000-->00:00:02,000', 1000, 2000],
    ['  00:00:01,000  -->  00:00:02,000  ', 1000, 2000],
    ['00:00:01,000 --> 00:00:02,000 X1:40 X2:600 Y1:20 Y2:50', 1000, 2000],
  ])('%j', (timing, startMs, endMs) => {
    expect(srt.parse(`1\n${timing}\ntext`)).toEqual({
      cues: [{ startMs, endMs, text: 'text', speaker: null }],
      warnings: [],
    });
  });

  it.each([
    '--> 00:00:01,000',
    '00:02:4x,184 --> 00:02:50,000',
    '1 --> 2',
    `${'9'.repeat(400)}:00 --> 00:01`,
  ])('%j is no time: the cue is passed over, with a warning', (timing) => {
    const text = `1\n00:00:01,000 --> 00:00:02,000\nbefore\n\n2\n${timing}\nlost\n\n3\n00:00:08,000 --> 00:00:09,000\nafter\n`;
    expect(cuesOf(text)).toEqual(['1000–2000 before', '8000–9000 after']);
    expect(warningsOf(text)).toEqual(["6: times that can't be read: the cue is passed over"]);
  });
});

describe('malformed times of SubRip', () => {
  const malformed = 'malformed times: read as 1000 ms to 2500 ms';
  it.each([
    ['00:00:01,000 -> 00:00:02,500', malformed],
    ['00:00:01,000 \u2014> 00:00:02,500', malformed],
    ['00:00:01,000 \u2192 00:00:02,500', malformed],
    ['00:00:01,000 - -> 00:00:02,500', malformed],
    ['00:00:01,000 --&gt; 00:00:02,500', malformed],
    ['00: 00: 01, 000 --> 00: 00: 02, 500', malformed],
    ['00:00:01 ,000 --> 00:00:02 ,500', malformed],
    ['00:00:01;000 --> 00:00:02;500', malformed],
    ['00:00:01:000 --> 00:00:02:500', malformed],
    ['\uff10\uff10\uff1a00\uff1a01\uff0c000 --> 00\uff1a00\uff1a02\uff0c500', malformed],
    ['OO:OO:O1,000 --> 00:00:02,500', malformed],
    ['12 00:00:01,000 --> 00:00:02,500', malformed],
    ['00:00:01,0005-->00:00:02,5', null],
    ['\u202a00:00:01,000 --> 00:00:02,500\u202c', null],
  ])('%j is read, with a warning if it is none that players read', (timing, warning) => {
    const text = `1\n00:00:00,000 --> 00:00:01,000\nbefore\n\n2\n${timing}\nHi\n`;
    expect(cuesOf(text)).toEqual(['0–1000 before', '1000–2500 Hi']);
    expect(warningsOf(text)).toEqual(warning === null ? [] : [`6: ${warning}`]);
  });

  it('may begin before 0', () => {
    const text = '1\n-00:00:02,000 --> 00:00:01,000\na\n\n2\n-0:00:04,567 --> -0:00:03,456\nb';
    expect(cuesOf(text)).toEqual(['0–1000 a', '0–0 b']);
    expect(warningsOf(text)).toEqual([
      '2: the cue begins 2000 ms before 0: it begins at 0',
      '6: the cue begins 4567 ms before 0: it begins at 0',
    ]);
  });

  it('may have no end, or a broken one', () => {
    const text = '1\n00:00:01,000 -->\na\n\n2\n00:00:03,000 --> 00:x\nb\n\n3\n00:00:02,000 --> 00:00:';
    expect(cuesOf(text)).toEqual(['1000–3000 a', '3000–3000 b']);
    expect(warningsOf(text)).toEqual([
      '2: the cue has no end: it ends where the next one begins',
      '6: the cue has no end: it ends where the next one begins',
      '10: a cue without text: left out',
    ]);
  });

  it('may have text behind them, which is kept', () => {
    const text = '1\n00:00:01,000 --> 00:00:02,000 Hello\nyou\n\n2\n00:00:02,000 --> 00:00:03,000there';
    expect(cuesOf(text)).toEqual(['1000–2000 Hello / you', '2000–3000 there']);
    expect(warningsOf(text)).toEqual([
      '2: text behind the times: kept',
      '6: malformed times: read as 2000 ms to 3000 ms',
      '6: text behind the times: kept',
    ]);
  });

  it('are text inside of a cue', () => {
    const text = '1\n00:00:01,000 --> 00:00:02,000\nOpen:\n10:00 \u2192 11:00';
    expect(cuesOf(text)).toEqual(['1000–2000 Open: / 10:00 \u2192 11:00']);
  });

  it('are read the same, whichever way: the usual form and the general one', () => {
    const number = fc.integer({ min: 0, max: 99 }).map((value) => String(value).padStart(2, '0'));
    const stamp = fc.tuple(number, number, number, fc.integer({ min: 100, max: 999 }));
    fc.assert(
      fc.property(stamp, stamp, fc.constantFrom(',', '.'), ([h, m, s, ms], [h2, m2, s2, ms2], mark) => {
        const of = (gap: string) =>
          srt.parse(`${h}:${m}:${s}${mark}${ms}${gap}-->${gap}${h2}:${m2}:${s2}${mark}${ms2}\na`);
        expect(of(' ')).toEqual(of('  '));
        expect(of(' ').cues[0]?.startMs).toBe(((Number(h) * 60 + Number(m)) * 60 + Number(s)) * 1000 + ms);
      }),
    );
  });
});

describe('a malformed SubRip file', () => {
  it('may lack indices', () => {
    const text = '00:01,000 --> 00:02,000\na\n\n00:02,000 --> 00:03,000\nb\n';
    expect(cuesOf(text)).toEqual(['1000–2000 a', '2000–3000 b']);
    expect(warningsOf(text)).toEqual([]);
  });

  it('may lack the blank line between cues', () => {
    const text = '1\n00:01,000 --> 00:02,000\na\n2\n00:02,000 --> 00:03,000\nb\n00:03,000 --> 00:04,000\nc';
    expect(cuesOf(text)).toEqual(['1000–2000 a', '2000–3000 b', '3000–4000 c']);
  });

  it('may have a blank line after every line', () => {
    expect(cuesOf(GOOD.replaceAll('\n', '\n\n'))).toEqual(cuesOf(GOOD));
  });

  it('keeps text after a blank line in the cue above', () => {
    const text = '1\n00:01,000 --> 00:02,000\n\na\n\nb\n\n2\n00:02,000 --> 00:03,000\nc\n';
    expect(cuesOf(text)).toEqual(['1000–2000 a / b', '2000–3000 c']);
    expect(warningsOf(text)).toEqual([
      '4: text after a blank line: kept in the cue above',
      '6: text after a blank line: kept in the cue above',
    ]);
  });

  it('keeps numbers that are said', () => {
    const text =
      '1\n00:01,000 --> 00:02,000\n42\n\n2\n00:02,000 --> 00:03,000\n7\n8\nnine\n\n00:04,000 --> 00:05,000\n10';
    expect(cuesOf(text)).toEqual(['1000–2000 42', '2000–3000 7 / 8 / nine', '4000–5000 10']);
    expect(warningsOf(text)).toEqual([]);
  });

  it('passes over a block without times, and an index at its end', () => {
    const text = '1\n00:01,000 --> 00:02,000\na\n\n2\nlost\n\n3\n00:03,000 --> 00:04,000\nb\n\n4\n';
    expect(cuesOf(text)).toEqual(['1000–2000 a', '3000–4000 b']);
    expect(warningsOf(text)).toEqual([
      '5: an index without times: passed over',
      '12: an index without times: passed over',
    ]);
  });

  it('leaves out cues without text', () => {
    const text =
      '1\n00:01,000 --> 00:02,000\n\n2\n00:02,000 --> 00:03,000\n<i> </i>\n\n3\n00:03,000 --> 00:04,000\nb';
    expect(cuesOf(text)).toEqual(['3000–4000 b']);
    expect(warningsOf(text)).toEqual(['2: a cue without text: left out', '5: a cue without text: left out']);
  });

  it('ends a cue that ends before it starts at its start', () => {
    const text = '1\n00:05,000 --> 00:03,500\na';
    expect(cuesOf(text)).toEqual(['5000–5000 a']);
    expect(warningsOf(text)).toEqual(['2: the cue ends 1500 ms before it starts: it ends at its start']);
  });

  it('passes over text before the first cue', () => {
    const text = 'a title\nand more\n\n1\n00:01,000 --> 00:02,000\na';
    expect(cuesOf(text)).toEqual(['1000–2000 a']);
    expect(warningsOf(text)).toEqual(['1: text outside of a cue: passed over']);
  });

  it('takes an arrow in speech for speech', () => {
    expect(cuesOf('1\n00:01,000 --> 00:02,000\nfrom A\nto --> B')).toEqual(['1000–2000 from A / to --> B']);
  });

  it('lists at most a hundred warnings, and how many more there are', () => {
    const warnings = srt.parse('00:01 --> 00:02\n\n'.repeat(250)).warnings;
    expect(warnings).toHaveLength(101);
    expect(warnings.at(-1)).toEqual({ line: 199, message: 'and 150 more warnings after this line' });
  });
});

describe('the text of SubRip', () => {
  it.each([
    ['<i>first</i> <b>and</b> <u>last</u>', 'first and last'],
    ['<font color="#fff" face=x>red</font>', 'red'],
    ['<I>loud</I> <bold>my</bold>', 'loud my'],
    ['{\\an8}{\\pos(1,2)}Up here', 'Up here'],
    ['This {\\an2} is {\\ x} it', 'This is it'],
    ['{ \\an2} {-5} {stays}', '{ \\an2} {-5} {stays}'],
    ['<s> and </s>, <mask>, a < b > c, <', '<s> and </s>, <mask>, a < b > c, <'],
    ['<i>a < b</i>', 'a < b'],
    ['fish &amp; chips', 'fish &amp; chips'],
    ['  spaces  \n\tand tabs ', 'spaces\nand tabs'],
    ['<i>\na\n</i>', 'a'],
  ])('%j is %j', (marked, text) => {
    expect(srt.parse(`1\n00:01,000 --> 00:02,000\n${marked}`).cues[0]?.text).toBe(text);
  });
});
