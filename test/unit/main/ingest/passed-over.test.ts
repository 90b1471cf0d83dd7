import { expect, it } from 'vitest';
import { PassedOver } from '../../../../src/main/ingest/passed-over.js';

it('counts files by extension, and names the first', () => {
  const passedOver = new PassedOver();
  for (const source of ['a/slides.PDF', 'b.pdf', 'Makefile', 'talks.zip!/c.png']) passedOver.add(source);
  expect(JSON.parse(JSON.stringify(passedOver))).toEqual({
    files: 4,
    extensions: { '.pdf': 2, '': 1, '.png': 1 },
    first: ['a/slides.PDF', 'b.pdf', 'Makefile', 'talks.zip!/c.png'],
  });
});

it('does not grow with the number of files', () => {
  const passedOver = new PassedOver();
  for (let i = 0; i < 10_000; i++) passedOver.add(`file.${i}`);
  const { files, extensions, first } = passedOver.toJSON();
  expect(files).toBe(10_000);
  expect(Object.keys(extensions)).toHaveLength(51);
  expect(Object.values(extensions).reduce((sum, count) => sum + count)).toBe(10_000);
  expect(first).toHaveLength(20);
});
