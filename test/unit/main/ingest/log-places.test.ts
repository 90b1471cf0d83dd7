import { expect, it } from 'vitest';
import { LogPlaces } from '../../../../src/main/ingest/log-places.js';

it('keeps places by number, those behind 4 GiB, too', () => {
  const places = new LogPlaces();
  const all = Array.from({ length: 3000 }, (_, i) => ({
    start: i * 2 ** 33,
    jsonBytes: i,
    linesBytes: 2 ** 31 - i,
  }));
  expect(all.map((place) => places.push(place))).toEqual(all.map((_, i) => i));
  expect(all.map((_, i) => places.at(i))).toEqual(all);
});
