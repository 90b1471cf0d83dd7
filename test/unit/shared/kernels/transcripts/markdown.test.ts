import { readdirSync, readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseTranscript } from '../../../../../src/shared/kernels/transcripts/format.js';
import { corpus, describeWithCorpora } from '../../../../helpers/corpora.js';

const cuesOf = (text: string) =>
  parseTranscript(text).cues.map(({ startMs, endMs, speaker, text: said }) => [
    startMs,
    endMs,
    speaker,
    said,
  ]);

describe('Markdown', () => {
  it('has turns that go on up to the next name, and times', () => {
    const text =
      '**Mat Ryer:** Hello.\n\nStill me.\n\n**Ann Lee**: \\[03:57\\] \\[laughs\\] Hi.\n\n**Break:** \\[22:30\\]\n\n\\[24:00\\] **Mat Ryer:** And more.';
    expect(parseTranscript(text)).toMatchObject({ format: 'markdown', warnings: [] });
    expect(cuesOf(text)).toEqual([
      [null, null, 'Mat Ryer', 'Hello.'],
      [null, null, 'Mat Ryer', 'Still me.'],
      [237_000, 1_440_000, 'Ann Lee', '[laughs] Hi.'],
      [1_440_000, 1_440_000, 'Mat Ryer', 'And more.'],
    ]);
  });

  it('takes headings that come again for speakers, and others for paragraphs', () => {
    expect(
      cuesOf('# The talk\nIntro.\n\n### Ann\nHi.\n\n### Bob\n\nHello.\n\n### Ann\n\nBye.\n\n### Bob\nBye.'),
    ).toEqual([
      [null, null, null, 'The talk'],
      [null, null, null, 'Intro.'],
      [null, null, 'Ann', 'Hi.'],
      [null, null, 'Bob', 'Hello.'],
      [null, null, 'Ann', 'Bye.'],
      [null, null, 'Bob', 'Bye.'],
    ]);
  });

  it('keeps headings that come again without text', () => {
    expect(cuesOf('# A\n\n# A\n\n## B\n\ntext\n\n# A').map(([, , speaker, text]) => [speaker, text])).toEqual(
      [
        [null, 'A'],
        [null, 'A'],
        [null, 'B'],
        [null, 'text'],
        [null, 'A'],
      ],
    );
  });

  it('has times at the end of headings', () => {
    expect(
      cuesOf('### Ann [00:01]\n\nHi.\n\nSo.\n\n### Bob (0:05)\nHo.\n\n### Ann\nA.\n\n### Bob \\[1:09\\]\nB.'),
    ).toEqual([
      [1000, 5000, 'Ann', 'Hi.'],
      [null, null, 'Ann', 'So.'],
      [5000, 69_000, 'Bob', 'Ho.'],
      [null, null, 'Ann', 'A.'],
      [69_000, 69_000, 'Bob', 'B.'],
    ]);
    expect(cuesOf('## Start [0:00]\n\nHi.\n\n## End (1:00)')).toEqual([
      [0, 60_000, null, 'Start'],
      [null, null, null, 'Hi.'],
      [60_000, 60_000, null, 'End'],
    ]);
  });

  it('has turns and times on lines without blank ones between', () => {
    expect(cuesOf('**Ann:** Hi,\nyou.\n**Bob:** [0:05] Ho.\n\\[0:09\\] Well.')).toEqual([
      [null, null, 'Ann', 'Hi,\nyou.'],
      [5000, 9000, 'Bob', 'Ho.'],
      [9000, 9000, 'Bob', 'Well.'],
    ]);
  });

  it('has names as in plain text, where none is bold or a heading', () => {
    expect(cuesOf('# Episode 12\n\n[00:01] Ann: *Hi*.\n[00:05] Bob: Ho.\n\nMusic.')).toEqual([
      [null, null, null, 'Episode 12'],
      [1000, 5000, 'Ann', 'Hi.'],
      [5000, 5000, 'Bob', 'Ho.'],
      [null, null, null, 'Music.'],
    ]);
  });

  it('gives back the turns of any document', () => {
    const said = fc
      .array(fc.stringMatching(/^[\p{L}\p{N} .,!?*_`#>[\]()\\~\u{e000}\u{e001}-]{1,30}$/u), {
        minLength: 1,
        maxLength: 3,
      })
      .map((lines) => lines.map((line) => line.trim()))
      .filter((lines) => lines.every((line) => line !== ''));
    const turn = fc.record({
      name: fc.stringMatching(/^\p{Lu}\p{L}{0,8}( \p{Lu}\p{L}{0,8})?$/u),
      said,
      seconds: fc.nat(359_999),
    });
    const escaped = (text: string) => text.replace(/[!-/:-@[-`{-~]/g, '\\$&');
    const clock = (seconds: number) =>
      [seconds / 3600, (seconds / 60) % 60, seconds % 60]
        .map((part) => String(Math.floor(part)).padStart(2, '0'))
        .join(':');
    fc.assert(
      fc.property(fc.array(turn, { minLength: 2, maxLength: 6 }), fc.boolean(), (turns, isTimed) => {
        const text = turns.map(({ name, said: lines, seconds }) => {
          const stamp = isTimed ? `\\[${clock(seconds)}\\] ` : '';
          return `**${name}:** ${stamp}${lines.map(escaped).join('\n')}`;
        });
        expect(cuesOf(text.join('\n\n')).map(([startMs, , ...rest]) => [startMs, ...rest])).toEqual(
          turns.map(({ name, said: lines, seconds }) => [
            isTimed ? seconds * 1000 : null,
            name,
            lines.join('\n'),
          ]),
        );
      }),
    );
  });

  it.each([
    ['a [link](https://x.org/a_(b)) and [another](<a b> "title")', 'a link and another'],
    ['\u{e000}0\u{e001} \\*', '\u{e000}0\u{e001} *'],
    ['a [link](https://x.org "title") and ![a picture](x.png)', 'a link and a picture'],
    ['**bold**, *italic*, __bold__, _italic_, `code`', 'bold, italic, bold, italic, code'],
    ['snake_case_name and 2 * 3 * 4', 'snake_case_name and 2 * 3 * 4'],
    ['\\*not italic\\*, C\\#, \\[sic\\]', '*not italic*, C#, [sic]'],
    ['> quoted\n> twice', 'quoted\ntwice'],
    ['- one\n- two', 'one\ntwo'],
    ['```js\nlet a_b = 1;\n```', 'let a_b = 1;'],
  ])('%j says %j', (marked, text) => {
    expect(cuesOf(`# Title\n\n${marked}`)[1]?.[3]).toBe(text);
  });

  it.each([
    '[',
    '[a](',
    '[a](b(c)',
    '[a](<',
    '*',
    '_',
    '`',
    '\\',
    '**a',
    '[x](',
    '# a\n',
    '**A:** b\n\n',
    '[00:01] ',
  ])('takes MBs of %j in linear time', { timeout: 60_000 }, (piece) => {
    const size = process.env.MILLRACE_SOAK ? 10_000_000 : 2_000_000;
    expect(parseTranscript(`# Title\n\n${piece.repeat(size / piece.length)}`).format).toBe('markdown');
  });
});

describe('plain text with times', () => {
  it('has the times that paragraphs begin with, in whatever way', () => {
    expect(cuesOf('[00:01] Ann: Hi.\n\n[00:05] Bob: Hello.\n\n[01:00:00.5] Ann: Bye.')).toEqual([
      [1000, 5000, 'Ann', 'Hi.'],
      [5000, 3_600_500, 'Bob', 'Hello.'],
      [3_600_500, 3_600_500, 'Ann', 'Bye.'],
    ]);
    expect(cuesOf('(1:02) one\n\n(1:05) two')).toEqual([
      [62_000, 65_000, null, 'one'],
      [65_000, 65_000, null, 'two'],
    ]);
    expect(cuesOf('00:00:01 - one\n\n00:00:02 - two')).toMatchObject([
      [1000, 2000, null, 'one'],
      [2000, 2000, null, 'two'],
    ]);
    expect(cuesOf('0:00\nso today\n0:05\nwe go on\nand on\n1:00:00\nend')).toEqual([
      [0, 5000, null, 'so today'],
      [5000, 3_600_000, null, 'we go on\nand on'],
      [3_600_000, 3_600_000, null, 'end'],
    ]);
  });

  it('has the times of lines without blank ones between', () => {
    expect(cuesOf('[00:00:01] Ann: Hi,\nyou.\n[00:00:05] Bob: Ho.\n[00:00:09] Ann: Hey.')).toEqual([
      [1000, 5000, 'Ann', 'Hi,\nyou.'],
      [5000, 9000, 'Bob', 'Ho.'],
      [9000, 9000, 'Ann', 'Hey.'],
    ]);
  });

  it('has times behind names', () => {
    expect(cuesOf('Ann: [00:01] Hi.\n\nBob: Ho.\n\nAnn: (0:05) Hey.')).toEqual([
      [1000, 5000, 'Ann', 'Hi.'],
      [null, null, 'Bob', 'Ho.'],
      [5000, 5000, 'Ann', 'Hey.'],
    ]);
  });

  it('has no times with 60 seconds or more', () => {
    expect(cuesOf('[10:60] a\n\n[00:75:00] b\n\n[0:99] c').map(([startMs]) => startMs)).toEqual([
      null,
      null,
      null,
    ]);
  });

  it('takes one time for text', () => {
    expect(cuesOf('[00:01] only here\n\nand no more')[0]).toEqual([null, null, null, '[00:01] only here']);
    expect(cuesOf('At 10:30 we left.\n\n11:15 was late.')[1]).toEqual([null, null, null, '11:15 was late.']);
  });
});

describeWithCorpora('60 podcast transcripts', () => {
  it('are read with all their words, and a speaker for every one', () => {
    const folder = corpus('changelog-transcripts', 'gotime');
    const files = readdirSync(folder).filter((name) => name.endsWith('.md'));
    expect(files).toHaveLength(60);
    const words = (text: string) => text.match(/[\p{L}\p{N}]+/gu) ?? [];
    for (const name of files) {
      const text = readFileSync(`${folder}/${name}`, 'utf8');
      const { format, cues, warnings } = parseTranscript(text);
      expect([name, format, warnings]).toEqual([name, 'markdown', []]);
      const unnamed = cues.filter(({ speaker }) => speaker === null);
      expect(unnamed.length).toBeLessThanOrEqual(cues.length / 20);
      // Without names, times at the beginning of turns, addresses of links, and breaks.
      const source = text
        .replace(/\]\([^()\s]*\)/g, ']')
        .replace(/^(\*\*[^*\n:]{1,60}:\*\*)?[ \t]*(\\\[\d+:\d{2}(:\d{2})?(\.\d+)?\\\])?/gm, '');
      expect(words(cues.map((cue) => cue.text).join(' ')).length).toBeGreaterThanOrEqual(
        0.995 * words(source).length,
      );
    }
  });
});
