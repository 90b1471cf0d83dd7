import { readdirSync, readFileSync } from 'node:fs';
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

  it.each([
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

  it.each(['[', '*', '_', '`', '\\', '**a', '[x](', '# a\n', '**A:** b\n\n', '[00:01] '])(
    'takes MBs of %j in linear time',
    { timeout: 60_000 },
    (piece) => {
      const size = process.env.MILLRACE_SOAK ? 10_000_000 : 2_000_000;
      expect(parseTranscript(`# Title\n\n${piece.repeat(size / piece.length)}`).format).toBe('markdown');
    },
  );
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
