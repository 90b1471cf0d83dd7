import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { detectFormat, parseTranscript } from '../../../../../src/shared/kernels/transcripts/format.js';

const SAMPLES = new URL('../../../../../samples/', import.meta.url).pathname;
const samples = readdirSync(SAMPLES, { recursive: true, encoding: 'utf8' })
  .filter((name) => /\.(?:srt|vtt|sbv|txt)$/.test(name))
  .map((name) => ({ name, text: readFileSync(join(SAMPLES, name), 'utf8') }));

const SRT = '1\n00:00:01,000 --> 00:00:02,000\na\n';
const VTT = 'WEBVTT\n\n00:01.000 --> 00:02.000\na\n';
const SBV = '0:00:01.000,0:00:02.000\na\n';

describe('the format of a text', () => {
  it.each([
    ['srt', SRT],
    ['srt', `\n\nTitle\n\n${SRT}`],
    ['srt', SRT.replaceAll(',', '.')],
    ['vtt', VTT],
    ['sbv', SBV],
    ['text', 'Just some words.'],
    ['text', ''],
    ['text', `${'A long introduction.\n'.repeat(10)}${SRT}`],
    ['text', 'Write a --> b.'],
  ])('is %s for %j, whatever its line ends', (format, text) => {
    for (const lineEnd of ['\n', '\r\n', '\r']) {
      expect(detectFormat(text.replaceAll('\n', lineEnd))).toBe(format);
      expect(detectFormat(`\ufeff${text.replaceAll('\n', lineEnd)}`)).toBe(format);
    }
  });

  it.each([SRT, VTT, SBV, 'One.\n\nTwo\nlines.'])('%j has the same cues with each line end', (text) => {
    const parsed = parseTranscript(text);
    expect(parsed.cues.length).toBeGreaterThan(0);
    expect(parseTranscript(text.replaceAll('\n', '\r\n'))).toEqual(parsed);
    expect(parseTranscript(text.replaceAll('\n', '\r'))).toEqual(parsed);
    expect(parseTranscript(`\ufeff${text}`)).toEqual(parsed);
  });
});

describe('the samples', () => {
  it('have the format of their extension', () => {
    expect(samples).toHaveLength(20);
    for (const { name, text } of samples) {
      expect(detectFormat(text)).toBe(name.replace(/.*\./, '').replace('txt', 'text'));
    }
  });

  it('have warnings only where something is wrong on purpose', () => {
    const warned = samples.filter(({ text }) => parseTranscript(text).warnings.length > 0);
    expect(warned.map(({ name }) => name.replaceAll('\\', '/'))).toEqual(['rivers/03-broken-captions.srt']);
  });

  it('have speakers where they name them', () => {
    const named = samples.filter(({ text }) =>
      parseTranscript(text).cues.some((cue) => cue.speaker !== null),
    );
    expect(named.map(({ name }) => name.replaceAll('\\', '/')).sort()).toEqual([
      'bees/01-reading-the-hive.txt',
      'bread/02-hydration.vtt',
      'orbits/02-transfer-orbits.vtt',
      'rivers/02-taking-out-the-dam.txt',
      'watermills/02-walking-the-millrace.vtt',
    ]);
  });
});

describe('any text at all', () => {
  /** What holds for every parse, of whatever. */
  function check(text: string): void {
    const { cues, warnings } = parseTranscript(text);
    const lines = text.split(/\r\n?|\n/).length;
    for (const { startMs, endMs, text: said, speaker } of cues) {
      expect(said.trim()).not.toBe('');
      expect(speaker).not.toBe('');
      expect((startMs === null) === (endMs === null)).toBe(true);
      if (startMs !== null) expect(startMs).toBeLessThanOrEqual(endMs!);
      if (startMs !== null) expect(Number.isSafeInteger(startMs) && Number.isSafeInteger(endMs)).toBe(true);
    }
    let line = 1;
    for (const warning of warnings) {
      expect(warning.line).toBeGreaterThanOrEqual(line);
      expect(warning.line).toBeLessThanOrEqual(lines);
      line = warning.line;
    }
  }

  const fragment = fc.oneof(
    fc.constantFrom(
      '1\n',
      '00:00:01,000',
      ' --> ',
      '00:02.5',
      '\n',
      '\n\n',
      '\r\n',
      '\r',
      'WEBVTT\n\n',
      'NOTE x\n',
    ),
    fc.constantFrom(
      '0:00:01.000,0:00:02.000\n',
      '<v Bob>',
      '</v>',
      '<rt>',
      '<i',
      '{\\an8}',
      '&amp;',
      '&#x41;',
      ':',
    ),
    fc.constantFrom(
      'STYLE\n',
      'Ann: hi',
      'Bob: ho\n',
      '-->',
      '99999999999:00',
      '\ufeff',
      '\u00a0',
      'text',
      '42\n',
    ),
    fc.string({ unit: 'binary', maxLength: 8 }),
  );
  const soup = fc.array(fragment, { maxLength: 60 }).map((parts) => parts.join(''));
  const head = fc.constantFrom('', SRT, VTT, SBV, 'WEBVTT\n', '1\n00:00:01,000 --> ');

  it('is parsed without throwing', () => {
    fc.assert(
      fc.property(head, soup, (start, rest) => check(start + rest)),
      { numRuns: 3000 },
    );
  });

  it('is parsed without throwing where a sample was damaged', () => {
    const damage = fc.tuple(fc.nat(), fc.nat({ max: 200 }), fragment);
    fc.assert(
      fc.property(fc.constantFrom(...samples), fc.array(damage, { maxLength: 8 }), ({ text }, damages) => {
        const damaged = damages.reduce((whole, [at, length, insert]) => {
          const start = at % (whole.length + 1);
          return whole.slice(0, start) + insert + whole.slice(start + length);
        }, text);
        check(damaged);
      }),
      { numRuns: 200 },
    );
  });

  const units = [
    '<',
    '1',
    '-->',
    '\n',
    '\r',
    '1\n',
    '-->\n',
    'a\n\n',
    '<a',
    '{\\',
    '&a',
    '<v A>b',
    ' ',
    '"',
    'A: ',
  ];
  it.each(units)('takes linear time: two megabytes of %j', (unit) => {
    const run = unit.repeat(2_000_000 / unit.length);
    for (const start of ['', SRT, VTT, SBV]) expect(() => parseTranscript(start + run)).not.toThrow();
  });
});
