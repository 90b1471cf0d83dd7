import { expect, it } from 'vitest';
import { checkSameOptions } from '../../../../src/main/files/other-options.js';

it.each([
  [
    { a: 1, b: [{ x: 1, y: 2 }] },
    { b: [{ y: 2, x: 1 }], a: 1 },
  ],
  [{ a: 1 }, { a: 1, b: undefined }],
])('takes options that are the same: %j', (then, now) => {
  expect(() => checkSameOptions('run.log', then, now)).not.toThrow();
});

it.each([
  [{ a: 1, b: 2 }, { a: 1, b: 3 }, 'option "b": 2 then, 3 now'],
  [{ a: { b: 'x', c: 1 } }, { a: { b: 'y', c: 1 } }, 'option "a.b": "x" then, "y" now'],
  [{ a: null }, { b: [] }, 'option "a": null then, nothing now; option "b": nothing then, [] now'],
  [{ a: 'x'.repeat(200) }, { a: 0 }, `option "a": "${'x'.repeat(99)}… then, 0 now`],
])('names only what differs, with both values: %j', (then, now, problem) => {
  expect(() => checkSameOptions('run.log', then, now)).toThrow(
    expect.objectContaining({
      code: 'MILLRACE_INVALID_INPUT',
      message: `run.log: of a run with other options: ${problem}; delete run.log to begin anew`,
    }),
  );
});
