import { expect, it } from 'vitest';
import { reasonOf } from '../../../../src/main/files/failure-reason.js';

it.each([
  ['a.srt: no cue', 'no cue'],
  ['a.srt, line 3: no time', 'line 3: no time'],
  ['a.srts are none', 'a.srts are none'],
  ['no memory', 'no memory'],
])('leaves out the name of the input: %s', (message, reason) => {
  expect(reasonOf({ source: 'a.srt', error: new Error(message) })).toBe(reason);
});
