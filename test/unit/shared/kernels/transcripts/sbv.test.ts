import { describe, expect, it } from 'vitest';
import { sbv } from '../../../../../src/shared/kernels/transcripts/sbv.js';

describe('a SubViewer file', () => {
  it('gives its cues', () => {
    const text = '0:00:00.599,0:00:04.160\n>> ALICE: Hi,[br]all\nof you\n\n1:00:04.160,1:00:06.770\nBye\n';
    expect(sbv.parse(text)).toEqual({
      cues: [
        { startMs: 599, endMs: 4160, text: '>> ALICE: Hi,\nall\nof you', speaker: null },
        { startMs: 3_604_160, endMs: 3_606_770, text: 'Bye', speaker: null },
      ],
      warnings: [],
    });
  });

  it('is read on where it is malformed, with warnings', () => {
    const text = [
      ...['before', '', '0:00:01.000,0:00:02.000', 'a', '', 'b', '0:00:02.000,0:00:03.000', 'c', ''],
      ...['0:00:03.000,0:00:04.000', '', '0:00:06.000,0:00:05.000', '<i>d</i>', '0:00:0x.000,0:00:05.000'],
    ].join('\n');
    expect(sbv.parse(text)).toEqual({
      cues: [
        { startMs: 1000, endMs: 2000, text: 'a\nb', speaker: null },
        { startMs: 2000, endMs: 3000, text: 'c', speaker: null },
        { startMs: 6000, endMs: 6000, text: '<i>d</i>\n0:00:0x.000,0:00:05.000', speaker: null },
      ],
      warnings: [
        { line: 1, message: 'text outside of a cue: passed over' },
        { line: 6, message: 'text after a blank line: kept in the cue above' },
        { line: 10, message: 'a cue without text: left out' },
        { line: 12, message: 'the cue ends 1000 ms before it starts: it ends at its start' },
      ],
    });
  });

  it('has malformed times, which are read with warnings, and some that can not be', () => {
    const text = [
      ...[
        '0:00:00.000,0:00:01.000',
        'a',
        '',
        '0:00:01,000, 0:00:02,000',
        'b',
        '',
        '-0:00:01.000,0:00:03.000',
        'c',
      ],
      ...['', '0:00:0x.000,0:00:05.000', 'lost', '', '0:00:05.000,0:00:06.000', 'd'],
    ].join('\n');
    expect(sbv.parse(text)).toEqual({
      cues: [
        { startMs: 0, endMs: 1000, text: 'a', speaker: null },
        { startMs: 1000, endMs: 2000, text: 'b', speaker: null },
        { startMs: 0, endMs: 3000, text: 'c', speaker: null },
        { startMs: 5000, endMs: 6000, text: 'd', speaker: null },
      ],
      warnings: [
        { line: 4, message: 'malformed times: read as 1000 ms to 2000 ms' },
        { line: 7, message: 'the cue begins 1000 ms before 0: it begins at 0' },
        { line: 10, message: "times that can't be read: the cue is passed over" },
      ],
    });
  });

  it.each(['0:00:01.000,0:00:02.000', '\n\n0:01,0:02\ntext', '00:00:01,00:00:02'])(
    'is recognised: %j',
    (text) => {
      expect(sbv.detect(text)).toBe(true);
    },
  );

  it.each([
    '',
    'text\n0:00:01.000,0:00:02.000',
    '1,2',
    '0:00:01.000, 0:00:02.000',
    '0:00:01.000,0:00:02.000 x',
  ])('is not recognised: %j', (text) => {
    expect(sbv.detect(text)).toBe(false);
  });
});
