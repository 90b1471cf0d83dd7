import fc from 'fast-check';
import type { Chunk } from '../../src/shared/transcript.js';

/** A chunk of `a.srt`, apart from what is said otherwise. */
export function chunk(index: number, given: Partial<Chunk> = {}): Chunk {
  return {
    id: `a.srt#${String(index).padStart(4, '0')}`,
    source: 'a.srt',
    index,
    startMs: index * 1000,
    endMs: index * 1000 + 900,
    speaker: null,
    text: `text ${index}`,
    tokens: 3,
    startByte: null,
    endByte: null,
    previous: null,
    next: null,
    ...given,
  };
}

/** Any text, rich in what formats treat in a special way. */
export const hostileText: fc.Arbitrary<string> = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.string({
    unit: fc.constantFrom(
      ...'<>&"\'/,;\\',
      ']]>',
      '\n',
      '\r',
      '\t',
      '\0',
      '\x07',
      '\u2028',
      '\ufffe',
      '\ud800',
      '🙂',
      'ß',
      '水',
      ' ',
    ),
  }),
);

/** Any chunks, with ids that differ. */
export const arbitraryChunks: fc.Arbitrary<Chunk[]> = fc.uniqueArray(
  fc.record({
    id: hostileText.filter((id) => id !== ''),
    source: hostileText,
    index: fc.nat(),
    startMs: fc.option(fc.nat()),
    endMs: fc.option(fc.nat()),
    speaker: fc.option(hostileText),
    text: hostileText,
    tokens: fc.nat(),
    startByte: fc.option(fc.nat()),
    endByte: fc.option(fc.nat()),
    previous: fc.option(hostileText),
    next: fc.option(hostileText),
  }),
  { selector: ({ id }) => id, maxLength: 8 },
);
