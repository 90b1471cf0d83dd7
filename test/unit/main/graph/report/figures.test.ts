import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  approximate,
  counted,
  duration,
  excerpt,
  grouped,
  percentage,
  timestamp,
} from '../../../../../src/main/graph/report/figures.js';

describe('figures for people', () => {
  it.each([
    [grouped(0), '0'],
    [grouped(999), '999'],
    [grouped(1000), '1,000'],
    [grouped(12345678), '12,345,678'],
    [grouped(-0.05, 2), '−0.05'],
    [grouped(1234.567, 1), '1,234.6'],
    [approximate(0), '0.00'],
    [approximate(0.4167), '0.42'],
    [approximate(7.313), '7.31'],
    [approximate(52.46), '52.5'],
    [approximate(99.96), '100'],
    [approximate(215_591), '216,000'],
    [approximate(999_999), '1.00 M'],
    [approximate(23_140_000), '23.1 M'],
    [percentage(0), '0 %'],
    [percentage(0.0042), '0.4 %'],
    [percentage(0.871), '87 %'],
    [percentage(1), '100 %'],
    [duration(0), '0.0 ms'],
    [duration(8.21), '8.2 ms'],
    [duration(412.4), '412 ms'],
    [duration(1240), '1.24 s'],
    [duration(185_000), '3 min 05 s'],
    [duration(59_999), '60.00 s'],
    [timestamp(0), '0:00'],
    [timestamp(245_900), '4:05'],
    [timestamp(3_753_000), '1:02:33'],
    [counted(1, 'pair'), '1 pair'],
    [counted(2000, 'pair'), '2,000 pairs'],
    [counted(0, 'community', 'communities'), '0 communities'],
  ])('%s', (shown, expected) => {
    expect(shown).toBe(expected);
  });
});

describe('excerpt', () => {
  it('keeps a short text, on one line', () => {
    expect(excerpt(' one\n two\t', 20)).toBe('one two');
  });

  it('cuts between words, and drops the punctuation there', () => {
    expect(excerpt('Water turns the wheel. The wheel turns the stone.', 24)).toBe('Water turns the wheel…');
    expect(excerpt('水車は回る水車は回る', 5)).toBe('水車は回る…');
  });

  it('is never longer than asked for, and never cuts a character in two', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: 'binary', maxLength: 60 }),
        fc.integer({ min: 1, max: 40 }),
        (text, characters) => {
          const short = excerpt(text, characters);
          expect([...short].length).toBeLessThanOrEqual(characters + 1);
          expect(short).not.toMatch(/\p{Cs}/u);
        },
      ),
    );
  });
});
