import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { edgesCsv, neighboursCsv } from '../../../../src/main/graph/edges-csv.js';
import { hostileText } from '../../../helpers/chunks.js';
import { arbitraryEdges, edgesFrom } from '../../../helpers/edges.js';

/** Reads CSV by the grammar of RFC 4180, with `\n` between records. */
function parseCsv(text: string): string[][] {
  const records: string[][] = [[]];
  const field = /(?:"((?:[^"]|"")*)"|([^",\n\r]*))(,|\n)/gy;
  for (const [, quoted, plain, end] of text.matchAll(field)) {
    records[records.length - 1]!.push(quoted?.replaceAll('""', '"') ?? plain!);
    if (end === '\n') records.push([]);
  }
  expect(records.pop()).toEqual([]);
  return records;
}

describe('edgesCsv', () => {
  it('reads back: ids of any text, and similarities to the bit', () => {
    const ids = fc.array(hostileText, { minLength: 12, maxLength: 12 });
    fc.assert(
      fc.property(arbitraryEdges(12), ids, ({ list }, names) => {
        const [header, ...rows] = parseCsv([...edgesCsv(edgesFrom(list), names)].join(''));
        expect(header).toEqual(['source', 'target', 'similarity']);
        const edges = rows.map(([source, target, similarity]) => [
          source,
          target,
          Math.fround(Number(similarity)),
        ]);
        expect(edges).toEqual(list.map(([i, j, similarity]) => [names[i], names[j], similarity]));
      }),
    );
  });

  it('quotes only where it must', () => {
    const csv = edgesCsv(edgesFrom([[0, 1, 0.5]]), ['plain #1.srt', 'a "b", c']);
    expect([...csv]).toEqual(['source,target,similarity\n', 'plain #1.srt,"a ""b"", c",0.5\n']);
  });

  it('takes row numbers where there are no ids', () => {
    expect([...edgesCsv(edgesFrom([[3, 17, -0.25]]))]).toEqual([
      'source,target,similarity\n',
      '3,17,-0.25\n',
    ]);
  });

  it('is a header alone where there is no edge', () => {
    expect([...edgesCsv(edgesFrom([]))]).toEqual(['source,target,similarity\n']);
  });
});

describe('neighboursCsv', () => {
  it('has a line for each row and neighbour', () => {
    const neighbours = {
      k: 2,
      indices: Uint32Array.of(1, 2, 0, 2, 1, 0),
      similarities: Float32Array.of(0.5, 0.1, 0.5, 0.3, 0.3, 0.1),
    };
    const lines = ['0,1,0.5\n', '0,2,0.1\n', '1,0,0.5\n', '1,2,0.3\n', '2,1,0.3\n', '2,0,0.1\n'];
    expect([...neighboursCsv(neighbours)].slice(1)).toEqual(lines);
    expect([...neighboursCsv(neighbours, ['a', 'b', 'c'])][1]).toBe('a,b,0.5\n');
  });

  it('is a header alone where a row has no other', () => {
    const none = { k: 0, indices: new Uint32Array(), similarities: new Float32Array() };
    expect([...neighboursCsv(none)]).toEqual(['source,target,similarity\n']);
  });
});
