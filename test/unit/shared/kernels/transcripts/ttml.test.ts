import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseTranscript } from '../../../../../src/shared/kernels/transcripts/format.js';
import { ttmlClock, ttmlTimeMs } from '../../../../../src/shared/kernels/transcripts/ttml-time.js';
import { corpus, describeWithCorpora } from '../../../../helpers/corpora.js';

const NAMESPACES =
  'xmlns="http://www.w3.org/ns/ttml" xmlns:ttp="http://www.w3.org/ns/ttml#parameter" xmlns:ttm="http://www.w3.org/ns/ttml#metadata"';
const parse = (body: string, attributes = '', head = '') =>
  parseTranscript(`<tt ${NAMESPACES} ${attributes}><head>${head}</head><body>${body}</body></tt>`);
const timed = (body: string, attributes = '', head = '') =>
  parse(body, attributes, head).cues.map(
    ({ startMs, endMs, text }) => `${startMs}–${endMs} ${text.replaceAll('\n', ' / ')}`,
  );

describe('ttmlTimeMs', () => {
  const clock = (attributes: Record<string, string>) => ttmlClock(new Map(Object.entries(attributes)));
  it.each([
    ['00:00:01', {}, 1000],
    ['01:02:03.5', {}, 3_723_500],
    ['100:00:00', {}, 360_000_000],
    ['00:00:01,25', {}, 1250],
    ['00:00:01:15', {}, 1500],
    ['00:00:01;15', { frameRate: '30' }, 1500],
    ['00:00:01:12', { frameRate: '24' }, 1500],
    ['00:00:00:15.1', { frameRate: '30', subFrameRate: '2' }, 516.666],
    ['30f', { frameRate: '30', frameRateMultiplier: '1000 1001' }, 1001],
    ['90000t', { tickRate: '90000' }, 1000],
    ['25t', { frameRate: '25' }, 1000],
    ['5t', {}, 5000],
    ['1.5h', {}, 5_400_000],
    ['2m', {}, 120_000],
    ['12.345s', {}, 12_345],
    ['250ms', {}, 250],
  ])('%s with %j is %d', (text, attributes, expected) => {
    expect(ttmlTimeMs(text, clock(attributes as Record<string, string>))).toBeCloseTo(expected, 2);
  });
});

it.each(['soon', '1', '-1s', '00:00', ''])('%j is no time expression', (text) => {
  expect(ttmlTimeMs(text, ttmlClock(new Map()))).toBeNaN();
});

describe('TTML', () => {
  it('gives its paragraphs, with line breaks, language and speakers', () => {
    const head =
      '<metadata><ttm:agent xml:id="ann"><ttm:name type="full">Ann Lee</ttm:name></ttm:agent></metadata>';
    const body =
      '<div ttm:agent="ann"><p begin="1s" end="2s">Hello <span>there</span>,<br/>\n   you.</p></div><p begin="3s" dur="1s">Bye</p>';
    expect(parse(body, 'xml:lang="en-GB"', head)).toEqual({
      format: 'ttml',
      language: 'en-GB',
      cues: [
        { startMs: 1000, endMs: 2000, text: 'Hello there,\nyou.', speaker: 'Ann Lee' },
        { startMs: 3000, endMs: 4000, text: 'Bye', speaker: null },
      ],
      warnings: [],
    });
  });

  it.each([
    [
      'times count from the element around',
      '<div begin="10s"><p begin="1s" end="2s">a</p></div>',
      ['11000–12000 a'],
    ],
    [
      'an element ends with the one around',
      '<div end="5s"><p begin="1s">a</p><p begin="2s" end="9s">b</p></div>',
      ['1000–5000 a', '2000–5000 b'],
    ],
    ['the earlier of end and duration holds', '<p begin="1s" end="9s" dur="2s">a</p>', ['1000–3000 a']],
    [
      'a sequence counts from the end before',
      '<div timeContainer="seq"><p dur="2s">a</p><p begin="1s" dur="2s">b</p><p dur="1s">c</p></div>',
      ['0–2000 a', '3000–5000 b', '5000–6000 c'],
    ],
    [
      'spans with times are cues in a paragraph without',
      '<p><span begin="1s" end="2s">a</span> <span begin="2s" end="3s">b</span></p>',
      ['1000–2000 a', '2000–3000 b'],
    ],
    [
      'a sequence goes on where the last in a container ended',
      '<div timeContainer="seq"><div><p begin="1s" end="3s">a</p><p end="2s">b</p></div><p dur="1s">c</p></div>',
      ['1000–3000 a', '0–2000 b', '3000–4000 c'],
    ],
    [
      'a sequence goes on where the last span ended',
      '<div timeContainer="seq"><p><span begin="1s" end="2s">a</span></p><p dur="1s">b</p></div>',
      ['1000–2000 a', '2000–3000 b'],
    ],
    [
      'what a span has in it stays together, and so do spans of one time',
      '<p><span begin="1s" end="2s">a<br/>b <span>c</span></span><br/><span begin="1s" end="2s">d</span></p>',
      ['1000–2000 a / b c / d'],
    ],
    [
      'tags of HTML, and line breaks without end tags, lose nothing',
      '<p begin="1s" end="2s">a <i>b</i><br>c <font>d</font><br>e</p>',
      ['1000–2000 a b / c d / e'],
    ],
    ['space can be kept', '<p begin="1s" end="2s" xml:space="preserve">a\n  b</p>', ['1000–2000 a / b']],
    [
      'ruby text is left out',
      '<p begin="1s" end="2s">x<span tts:ruby="container"><span tts:ruby="base">漢</span><span tts:ruby="text">kan</span></span></p>',
      ['1000–2000 x漢'],
    ],
  ])('%s', (_, body, expected) => {
    expect(timed(body)).toEqual(expected);
  });

  it('takes spans for words, where the paragraph has times, too', () => {
    const body =
      '<p begin="10s" end="12s"><span begin="0s" end="1s">Hello</span> <span begin="1s" end="2s">you</span></p>';
    expect(parse(body).cues).toEqual([
      {
        startMs: 10_000,
        endMs: 12_000,
        text: 'Hello you',
        speaker: null,
        words: [
          { startMs: 10_000, endMs: 11_000, text: 'Hello' },
          { startMs: 11_000, endMs: 12_000, text: 'you' },
        ],
      },
    ]);
  });

  it('has two cues where two speak in a paragraph', () => {
    const head = '<metadata><ttm:agent xml:id="a"><ttm:name>Ann</ttm:name></ttm:agent></metadata>';
    const body =
      '<p begin="1s" end="2s"><span ttm:agent="a">Hi</span><br/><span ttm:agent="b">Ho</span> <span ttm:agent="b">ho</span></p>';
    expect(parse(body, '', head).cues).toEqual([
      { startMs: 1000, endMs: 2000, text: 'Hi', speaker: 'Ann' },
      { startMs: 1000, endMs: 2000, text: 'Ho ho', speaker: 'b' },
    ]);
  });

  it('has the language of its body, where the document names none', () => {
    expect(parse('<div xml:lang="fr"><p begin="1s" end="2s">a</p></div>').language).toBe('fr');
    expect(parse('<div xml:lang="fr"><p begin="1s" end="2s">a</p></div>', 'xml:lang="en"').language).toBe(
      'en',
    );
  });

  it('keeps what stands where it does not belong, and says so', () => {
    expect(parse('<div begin="1s" end="2s">a</div>')).toMatchObject({
      cues: [{ startMs: 1000, endMs: 2000, text: 'a' }],
      warnings: [{ line: 1, message: 'text outside of a paragraph: read as one' }],
    });
    expect(parse('<div begin="9s"><p begin="1s" end="2s">a\n<p begin="2s" end="3s">b</div>')).toMatchObject({
      cues: [
        { startMs: 10_000, endMs: 11_000, text: 'a' },
        { startMs: 11_000, endMs: 12_000, text: 'b' },
      ],
      warnings: [{ line: 2, message: 'a paragraph in a paragraph: read as behind it' }],
    });
  });

  it('says what it can not make out', () => {
    expect(parse('\n<p begin="soon" end="2s">a</p>').warnings).toEqual([
      { line: 2, message: 'begin="soon": no time expression: passed over' },
    ]);
  });

  it('gives back the cues of any document', () => {
    const cue = fc.record({
      startMs: fc.nat(10_000_000),
      lengthMs: fc.nat(10_000),
      text: fc.string({ unit: 'grapheme', minLength: 1 }),
    });
    const plain = (text: string) => text.replace(/[\s\ufeff]+/g, ' ').trim();
    fc.assert(
      fc.property(
        fc.array(
          cue.filter(({ text }) => plain(text) !== ''),
          { maxLength: 8 },
        ),
        (cues) => {
          const body = cues.map(
            ({ startMs, lengthMs, text }) =>
              `<p begin="${startMs}ms" dur="${lengthMs}ms">${text.replace(/[&<>\r]/g, (c) => `&#${c.charCodeAt(0)};`)}</p>`,
          );
          expect(parse(body.join('')).cues).toEqual(
            cues.map(({ startMs, lengthMs, text }) => ({
              startMs,
              endMs: startMs + lengthMs,
              text: plain(text),
              speaker: null,
            })),
          );
        },
      ),
    );
  });
});

describe('YouTube timed text', () => {
  it('has seconds and texts escaped twice, or milliseconds and words', () => {
    expect(
      parseTranscript(
        '<?xml version="1.0" encoding="utf-8" ?><transcript><text start="1.5" dur="2">it&amp;#39;s &lt;i&gt;me&lt;/i&gt;</text></transcript>',
      ),
    ).toEqual({
      format: 'timedtext',
      language: null,
      cues: [{ startMs: 1500, endMs: 3500, text: "it's me", speaker: null }],
      warnings: [],
    });
    const srv3 =
      '<timedtext format="3"><head><ws id="0"/></head><body><w t="0" id="1"/><p t="80" d="4000" w="1"><s ac="0">so</s><s t="320"> today</s></p><p t="2000" d="2080" a="1">\n</p></body></timedtext>';
    expect(parseTranscript(srv3).cues).toEqual([
      {
        startMs: 80,
        endMs: 4080,
        text: 'so today',
        speaker: null,
        words: [
          { startMs: 80, endMs: 400, text: 'so' },
          { startMs: 400, endMs: 4080, text: 'today' },
        ],
      },
    ]);
  });
});

it('YouTube timed text gives back the cues of any document', () => {
  const escaped = (text: string) => text.replace(/[&<>"\r]/g, (c) => `&amp;#${c.charCodeAt(0)};`);
  const plain = (text: string) =>
    text
      .split('\n')
      .map((line) => line.replace(/[\s\ufeff]+/g, ' ').trim())
      .filter((line) => line !== '')
      .join('\n');
  const words = fc.array(fc.stringMatching(/^[\p{L}'&;,.\n]{1,6}$/u), { minLength: 1, maxLength: 4 });
  const cue = fc
    .record({ startMs: fc.nat(10_000_000), lengthMs: fc.nat(10_000), words })
    .map(({ words: pieces, ...times }) => ({ ...times, text: pieces.join(' ') }))
    .filter(({ text }) => plain(text) !== '' && !/&[\p{L}#]/u.test(text));
  fc.assert(
    fc.property(fc.array(cue, { maxLength: 6 }), (cues) => {
      const expected = cues.map(({ startMs, lengthMs, text }) => ({
        startMs,
        endMs: startMs + lengthMs,
        text: plain(text),
        speaker: null,
      }));
      const inSeconds = cues.map(
        ({ startMs, lengthMs, text }) =>
          `<text start="${startMs / 1000}" dur="${lengthMs / 1000}">${escaped(text)}</text>`,
      );
      const inMs = cues.map(
        ({ startMs, lengthMs, text }) => `<p t="${startMs}" d="${lengthMs}">${escaped(text)}</p>`,
      );
      expect(parseTranscript(`<transcript>${inSeconds.join('')}</transcript>`).cues).toEqual(expected);
      expect(parseTranscript(`<timedtext><body>${inMs.join('')}</body></timedtext>`).cues).toEqual(expected);
    }),
  );
});

describeWithCorpora('real XML transcripts', () => {
  it("ttconv's files have the text that they show, with white space as it is or not", () => {
    const texts = (name: string) =>
      parseTranscript(readFileSync(corpus('ttconv-resources', 'ttml', name), 'utf8')).cues.map(
        ({ text }) => text,
      );
    expect(texts('lwsp_default.ttml')).toEqual(['hello my name is Mathilda', 'bonjour mon nom\nest']);
    expect(texts('lwsp_preserve.ttml')).toEqual(['hello my\nname is Mathilda']);
    expect(texts('referential_styling.ttml')).toEqual(['one', 'two']);
    expect(texts('body_only.ttml')).toEqual([]);
  });

  it("YouTube's with empty and escaped items has 3", () => {
    const { cues } = parseTranscript(
      readFileSync(corpus('youtube-transcript-api', 'transcript.xml.static'), 'utf8'),
    );
    expect(cues.map(({ startMs, endMs, text }) => [startMs, endMs, text])).toEqual([
      [0, 1540, 'Hey, this is just a test'],
      [1540, 5700, 'this is not the original transcript'],
      [5700, 8939, 'just something shorter, I made up for testing'],
    ]);
  });

  it("ExoPlayer's TTML files have the times that its 20 tests expect", () => {
    const { cases } = JSON.parse(readFileSync(corpus('exoplayer-text', 'expected.json'), 'utf8')) as {
      cases: {
        ttml: Record<string, { file: string; eventTimeCount: number; eventTimesUs?: Record<string, number> }>;
      };
    };
    const failed = Object.entries(cases.ttml).filter(([, expected]) => {
      const { cues } = parseTranscript(readFileSync(corpus('exoplayer-text', expected.file), 'utf8'));
      const times = [...new Set(cues.flatMap(({ startMs, endMs }) => [startMs! * 1000, endMs! * 1000]))].sort(
        (a, b) => a - b,
      );
      return (
        times.length !== expected.eventTimeCount ||
        Object.entries(expected.eventTimesUs ?? {}).some(([i, time]) => times[Number(i)] !== time)
      );
    });
    expect(failed.map(([name]) => name)).toEqual([]);
    expect(Object.keys(cases.ttml)).toHaveLength(20);
  });

  it.each(['example-in', 'example-out', 'example-out-no-indent'])(
    "go-astisub's %s has the cues of its SubRip",
    (name) => {
      const cuesOf = (file: string) =>
        parseTranscript(readFileSync(corpus('go-astisub-testdata', file), 'utf8')).cues;
      const gist = (file: string) =>
        cuesOf(file).map(({ startMs, text }) => [startMs, text.replace(/\s+/g, ' ')]);
      expect(gist(`${name}.ttml`)).toEqual(gist('example-out.srt'));
    },
  );
});
