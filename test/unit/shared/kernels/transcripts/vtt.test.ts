import { describe, expect, it } from 'vitest';
import { vtt } from '../../../../../src/shared/kernels/transcripts/vtt.js';

function cuesOf(text: string): string[] {
  return vtt.parse(text).cues.map((cue) => `${cue.startMs}–${cue.endMs} ${cue.text.replaceAll('\n', ' / ')}`);
}

/** The only cue with this text. */
function cueOf(text: string) {
  const { cues } = vtt.parse(`WEBVTT\n\n00:01.000 --> 00:02.000\n${text}\n`);
  expect(cues).toHaveLength(1);
  return cues[0]!;
}

describe('a WebVTT file', () => {
  it('gives its cues, without identifiers and settings', () => {
    const text = [
      ...['WEBVTT - a title', 'Kind: captions', 'Language: en', ''],
      ...['intro', '00:00:01.000 --> 00:00:02.500 align:start position:10%', 'First', 'line two', ''],
      ...['01:00.000 --> 01:01.000', 'Second', '', '', '3', '100:00:00.000 --> 100:00:01.000', 'Third'],
    ].join('\n');
    expect(vtt.parse(text)).toEqual({
      cues: [
        { startMs: 1000, endMs: 2500, text: 'First\nline two', speaker: null },
        { startMs: 60_000, endMs: 61_000, text: 'Second', speaker: null },
        { startMs: 360_000_000, endMs: 360_001_000, text: 'Third', speaker: null },
      ],
      language: 'en',
      warnings: [],
    });
  });

  it('passes over NOTE, STYLE and REGION', () => {
    const text = [
      ...['WEBVTT', '', 'STYLE', '::cue { color: red }', '', 'REGION', 'id:fred', 'width:40%', ''],
      ...['NOTE one line', '', 'NOTE', 'many', 'lines', '', '00:01.000 --> 00:02.000', 'a', ''],
      ...['NOTEBOOK', '00:02.000 --> 00:03.000', 'b', ''],
    ].join('\n');
    expect(cuesOf(text)).toEqual(['1000–2000 a', '2000–3000 b']);
    expect(vtt.parse(text).warnings).toEqual([]);
  });

  it('may have its first cue right after the header, and cues without a blank line between them', () => {
    expect(cuesOf('WEBVTT\n00:01.000 --> 00:02.000\na\n00:02.000 --> 00:03.000\nb')).toEqual([
      '1000–2000 a',
      '2000–3000 b',
    ]);
  });

  it('may have commas in stamps', () => {
    expect(cuesOf('WEBVTT\n\n0:00:01,000 --> 0:00:02,000\na')).toEqual(['1000–2000 a']);
  });

  it('passes over what is no cue, with warnings', () => {
    const text =
      'WEBVTT\n\nstray\n\nid\nmore\nmore\n\n00:01.000 --> soon\nlost\n\n00:03.000 --> 00:02.000\na\n\n00:04.000 --> 00:05.000\n\nlast';
    expect(cuesOf(text)).toEqual(['3000–3000 a']);
    expect(vtt.parse(text).warnings).toEqual([
      { line: 3, message: 'a block without times: passed over' },
      { line: 5, message: 'a block without times: passed over' },
      { line: 9, message: "times that can't be read: the cue is passed over" },
      { line: 12, message: 'the cue ends 1000 ms before it starts: it ends at its start' },
      { line: 15, message: 'a cue without text: left out' },
      { line: 17, message: 'a block without times: passed over' },
    ]);
  });
});

describe('the text of WebVTT', () => {
  it.each([
    ['<i>a</i> <c.red.caps>b</c> <lang en>c</lang> <00:00:01.500>d', 'a b c d'],
    ['<ruby>漢<rt>kan</rt>字<rt.x>ji</rt></ruby>!', '漢字!'],
    ['&lt;b&gt; &amp;amp; &quot;x&quot; &apos;', '<b> &amp; "x" \''],
    ['a&nbsp;b&lrm;c&rlm;d', 'a\u00a0b\u200ec\u200fd'],
    ['&#233; &#xE9; &#128512;', 'é é 😀'],
    ['&#0; &#xD800; &#x110000; &unknown; &amp AT&T', '\ufffd \ufffd \ufffd &unknown; & AT&T'],
    ['a < b, I <3 you, <', 'a < b, I <3 you, <'],
    ['<i>\na\n</i>', 'a'],
  ])('%j is %j', (marked, text) => {
    expect(cueOf(marked)).toMatchObject({ text, speaker: null });
  });

  it.each([
    ['<v Mary>Hello', 'Mary', 'Hello'],
    ['<v.loud.first Mary Jane>Hello</v>', 'Mary Jane', 'Hello'],
    ['<v Tom &amp; Jerry><i>Hello</i></v>', 'Tom & Jerry', 'Hello'],
    ['<v Mary>Hello\n<v Mary>again', 'Mary', 'Hello\nagain'],
    ['<v>Hello', null, 'Hello'],
    ['<video>Hello', null, 'Hello'],
  ])('%j is said by %j', (marked, speaker, text) => {
    expect(cueOf(marked)).toMatchObject({ speaker, text });
  });

  it('names each turn where several speak', () => {
    expect(cueOf('<v Mary>Hi.</v> <v Bob>Hello.</v> (noise)')).toMatchObject({
      speaker: null,
      text: 'Mary: Hi.\nBob: Hello.\n(noise)',
    });
  });
});

describe('WebVTT is recognised', () => {
  it.each(['WEBVTT', 'WEBVTT\n', 'WEBVTT title', 'WEBVTT\ttitle\n'])('%j is', (text) => {
    expect(vtt.detect(text)).toBe(true);
  });

  it.each(['', 'WEBVTTX', 'webvtt\n', ' WEBVTT', '\nWEBVTT'])('%j is not', (text) => {
    expect(vtt.detect(text)).toBe(false);
  });
});
