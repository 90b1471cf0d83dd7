import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseTranscript } from '../../../../../src/shared/kernels/transcripts/format.js';
import { corpus, describeWithCorpora } from '../../../../helpers/corpora.js';

const lines = (text: string) =>
  parseTranscript(text).cues.map(
    ({ startMs, endMs, text: said }) => `${startMs}–${endMs} ${said.replaceAll('\n', ' / ')}`,
  );
/** Bytes of a hostile text. */
const SIZE = process.env.MILLRACE_SOAK ? 10_000_000 : 2_000_000;

describe('SubStation Alpha', () => {
  const HEAD =
    '[Script Info]\nTitle: x\n\n[V4+ Styles]\nFormat: Name, Fontname\nStyle: Default,Arial\n\n[Events]\n';
  const FORMAT = 'Format: Layer, Start, End, Style, Name, MarginL, MarginR, MarginV, Effect, Text\n';
  const dialogue = (text: string, name = '') =>
    `Dialogue: 0,0:00:01.00,0:00:02.50,Default,${name},0,0,0,,${text}\n`;

  it('gives its dialogue, with names as speakers, and neither comments nor styles', () => {
    const text = `${HEAD}${FORMAT}Comment: 0,0:00:00.00,0:00:01.00,Default,,0,0,0,,not said\n${dialogue('Hello, you, there', 'Ann')}${dialogue('two\\Nlines\\nand\\hmore')}`;
    expect(parseTranscript(text)).toEqual({
      format: 'ass',
      language: null,
      cues: [
        { startMs: 1000, endMs: 2500, text: 'Hello, you, there', speaker: 'Ann' },
        { startMs: 1000, endMs: 2500, text: 'two\nlines\nand more', speaker: null },
      ],
      warnings: [],
    });
  });

  it.each([
    ['{\\pos(400,570)\\i1}Hello{\\i0} {a comment}there', 'Hello there'],
    ['{\\p1}m 0 0 l 100 0 100 100{\\p0}Text after a drawing', 'Text after a drawing'],
    ['a { b } c', 'a c'],
    ['brace { without an end', 'brace { without an end'],
  ])('%j says %j', (raw, text) => {
    expect(parseTranscript(HEAD + FORMAT + dialogue(raw)).cues[0]?.text).toBe(text);
  });

  it('takes the fields as the Format line names them, also of version 4', () => {
    expect(lines('[Events]\nFormat: Start, End, Text\nDialogue: 0:00:01.00,0:00:02.5,a, b')).toEqual([
      '1000–2500 a, b',
    ]);
    expect(
      lines(
        '[Events]\nFormat: Marked, Start, End, Style, Actor, Text\nDialogue: Marked=0,0:00:01:00,1:00:02.505,s,Bob,hi',
      ),
    ).toEqual(['1000–3602505 hi']);
  });

  it('gives the words their times by karaoke tags', () => {
    const raw = '{\\k50}Hel{\\k25}lo {\\kf100}you';
    expect(parseTranscript(HEAD + FORMAT + dialogue(raw)).cues[0]).toMatchObject({
      text: 'Hello you',
      words: [
        { startMs: 1000, endMs: 1750, text: 'Hello' },
        { startMs: 1750, endMs: 2500, text: 'you' },
      ],
    });
  });

  it('says which lines it passed over', () => {
    const text = `${HEAD}${FORMAT}Dialogue: 0,soon,0:00:02.50,Default,,0,0,0,,lost\n${dialogue('')}`;
    expect(parseTranscript(text).warnings).toEqual([
      { line: 10, message: "times that can't be read: the line is passed over" },
      { line: 11, message: 'Dialogue: no text: left out' },
    ]);
  });
});

describe('SAMI', () => {
  const sami = (body: string) =>
    `<SAMI><HEAD><STYLE TYPE="text/css"><!--\n.KRCC { Name:Korean; lang:ko-KR; }\n.ENCC { Name:English; lang:en-US; }\n--></STYLE></HEAD><BODY>\n${body}\n</BODY></SAMI>`;

  it('lasts from one SYNC to the next', () => {
    const text = sami(
      '<SYNC Start=1000><P Class=KRCC>하나<br>둘\n<SYNC Start=2000><P Class=KRCC>&nbsp;\n<SYNC Start="3000"><P Class=KRCC><FONT color=red>셋 &amp; 넷</FONT>\n<SYNC Start=4000><P Class=KRCC>다섯',
    );
    expect(parseTranscript(text)).toEqual({
      format: 'sami',
      language: 'ko-KR',
      cues: [
        { startMs: 1000, endMs: 2000, text: '하나\n둘', speaker: null },
        { startMs: 3000, endMs: 4000, text: '셋 & 넷', speaker: null },
        { startMs: 4000, endMs: 4000, text: '다섯', speaker: null },
      ],
      warnings: [],
    });
  });

  it('reads the first language, and names the others', () => {
    const text = sami(
      '<SYNC Start=1000><P Class=KRCC>하나<P Class=ENCC>One<SYNC Start=2000><P Class=KRCC>&nbsp;<P Class=ENCC>Two',
    );
    const { cues, warnings } = parseTranscript(text);
    expect(cues).toMatchObject([{ startMs: 1000, endMs: 2000, text: '하나' }]);
    expect(warnings).toEqual([
      { line: 1, message: 'class ENCC: another language of 2 captions: left out, KRCC is read' },
    ]);
  });
});

describe('MicroDVD', () => {
  it('counts in frames', () => {
    expect(lines('{1}{1}25\n{25}{50}{y:i}Hello|you\n{75}{}open\n{100}{125}last')).toEqual([
      '1000–2000 Hello / you',
      '3000–4000 open',
      '4000–5000 last',
    ]);
  });

  it('takes the frame rate of films where none is named, and says so', () => {
    const { cues, warnings } = parseTranscript('{24}{48}Hello\nstray');
    expect(cues).toMatchObject([{ startMs: 1001, endMs: 2002 }]);
    expect(warnings).toEqual([
      { line: 1, message: 'no frame rate: 23.976 frames a second are taken' },
      { line: 2, message: 'a line without frames: passed over' },
    ]);
  });

  it('gives back the cues of any file', () => {
    const text = fc
      .stringMatching(/^[A-Za-zäß漢 .,!?]{1,20}$/)
      .filter((value) => value.trim() !== '' && Number.isNaN(Number(value.replace(',', '.'))));
    const cue = fc.record({ from: fc.nat(100_000), frames: fc.nat(500), text });
    fc.assert(
      fc.property(
        fc.array(cue, { minLength: 1, maxLength: 8 }),
        fc.constantFrom(23.976, 25, 30),
        (cues, rate) => {
          const file = [
            `{1}{1}${rate}`,
            ...cues.map((one) => `{${one.from}}{${one.from + one.frames}}${one.text}`),
          ].join('\n');
          const ms = (frame: number) => Math.round((frame * 1000) / rate);
          const tidy = (value: string) => value.trim().replace(/ +/g, ' ');
          expect(lines(file)).toEqual(
            cues.map((one) => `${ms(one.from)}–${ms(one.from + one.frames)} ${tidy(one.text)}`),
          );
        },
      ),
    );
  });
});

describe('LRC', () => {
  it('lasts up to the next line, in the order of time, with repeated lines and an offset', () => {
    const text =
      '[ar:Somebody]\n[offset:500]\n[la:en]\n[00:12.00][01:00.50]Chorus\n[00:17.20]Verse\n[00:20.00]\n[01:05.5]End';
    expect(parseTranscript(text)).toMatchObject({ format: 'lrc', language: 'en', warnings: [] });
    expect(lines(text)).toEqual([
      '11500–16700 Chorus',
      '16700–19500 Verse',
      '60000–65000 Chorus',
      '65000–65000 End',
    ]);
  });

  it('has words in the enhanced form', () => {
    const { cues } = parseTranscript('[00:10.00]<00:10.00>Hello <00:10.50>you<00:11.00>\n[00:12.00]Next');
    expect(cues[0]).toEqual({
      startMs: 10_000,
      endMs: 12_000,
      text: 'Hello you',
      speaker: null,
      words: [
        { startMs: 10_000, endMs: 10_500, text: 'Hello' },
        { startMs: 10_500, endMs: 11_000, text: 'you' },
      ],
    });
  });
});

describe('hostile files', () => {
  it.each([
    ['<', '<'.repeat(SIZE)],
    ['<p', '<p'.repeat(SIZE / 2)],
    ['<sync', '<sync'.repeat(SIZE / 5)],
    ['<!--', '<!--'.repeat(SIZE / 4)],
    ['{', '{'.repeat(SIZE)],
    ['{\\k1}', '{\\k1}'.repeat(SIZE / 5)],
    ['[', '['.repeat(SIZE)],
    ['[00:01.00]', '[00:01.00]'.repeat(SIZE / 10)],
    ['<00:01.00>', `[00:01.00]${'<00:01.00>'.repeat(SIZE / 10)}`],
    ['digits', '1'.repeat(SIZE)],
    ['-->', '-->'.repeat(SIZE / 3)],
    ['commas', ','.repeat(SIZE)],
    ['times that are malformed', '00:00:01,000 -> '.repeat(SIZE / 16)],
    ['pieces of times', '0 0:0 ,'.repeat(SIZE / 7)],
    ['indices', '1\n'.repeat(SIZE / 2)],
    ['coordinates', 'X1:1 '.repeat(SIZE / 5)],
    ['settings', 'line:'.repeat(SIZE / 5)],
    ['nested tags', '<i><b><v a>'.repeat(SIZE / 11)],
    ['blank lines', '\n'.repeat(SIZE)],
    ['one line', 'word '.repeat(SIZE)],
  ])('of MBs of %s take linear time', { timeout: 60_000 }, (_, body) => {
    for (const head of [
      '[Events]\nDialogue: 0,0:00:01.00,0:00:02.50,,,,,,,',
      '<SAMI><SYNC Start=1><P>',
      '{1}{1}25\n{1}{2}',
      '[00:01.00]',
      '1\n00:01,000 --> 00:02,000\n',
      '1\n00:01,000 --> 00:02,000 ',
      '0:00:01.000,0:00:02.000\n',
      'WEBVTT\n\n00:01.000 --> 00:02.000\n',
    ]) {
      expect(parseTranscript(head + body).format).not.toBe('text');
    }
  });
});

describeWithCorpora('the same cues in many formats', () => {
  const cuesOf = (...path: string[]) => parseTranscript(readFileSync(corpus(...path), 'utf8')).cues;
  const gist = (...path: string[]) =>
    cuesOf(...path).map(({ startMs, endMs, text }) => [startMs, endMs, text.replace(/\s+/g, ' ')]);

  it.each([
    'example-in.ssa',
    'example-out.ssa',
    'example-out-v4plus.ssa',
    'example-in.vtt',
    'example-out.vtt',
    'example-in.srt',
    'example-in.ttml',
  ])("go-astisub's %s has the cues of its SubRip", (file) => {
    expect(gist('go-astisub-testdata', file)).toEqual(gist('go-astisub-testdata', 'example-out.srt'));
  });

  it("subsrt's SBV and JSON have the cues of its SubRip", () => {
    const srt = gist('subsrt-fixtures', 'sample.srt');
    expect(gist('subsrt-fixtures', 'sample.sbv')).toEqual(srt);
    const withoutNames = srt.map(([start, end, text]) => [
      start,
      end,
      String(text).replace(/^>> [A-Z]+: /, ''),
    ]);
    expect(gist('subsrt-fixtures', 'sample.json')).toEqual(
      withoutNames.map(([start, end, text]) => [start, end, text]),
    );
  });

  it.each([
    ['sample.ass', ['1180–6850 Like an Angel with pity on nobody / The second line in subtitle']],
    ['sample.ssa', ['1180–6850 Like an angel with pity on nobody']],
    [
      'sample.lrc',
      [
        '12000–17200 Line 1 lyrics',
        '17200–21100 F: Line 2 lyrics',
        '21100–24000 M: Line 3 lyrics',
        '24000–28250 Line 4 lyrics',
        '28250–29020 D: Line 5 lyrics',
        '29020–29020 Line 6 lyrics',
      ],
    ],
  ])("subsrt's %s is read whole", (file, expected) => {
    expect(lines(readFileSync(corpus('subsrt-fixtures', file), 'utf8'))).toEqual(expected);
  });

  it("subsrt's SAMI and MicroDVD are read whole", () => {
    expect(cuesOf('subsrt-fixtures', 'sample.smi').map(({ startMs, endMs }) => [startMs, endMs])).toEqual([
      [185_113, 187_035],
      [194_272, 196_304],
      [197_135, 201_159],
      [201_159, 204_663],
      [233_201, 236_535],
      [335_453, 342_460],
    ]);
    expect(cuesOf('subsrt-fixtures', 'sample.sub').map(({ text }) => text)).toEqual(
      cuesOf('subsrt-fixtures', 'sample.json').map(({ text }) => text),
    );
  });
});
