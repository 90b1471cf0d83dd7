import { describe, expect, it } from 'vitest';
import { buildGraph } from '../../../../src/main/graph/build-graph.js';
import { summarise, summaryJson } from '../../../../src/main/graph/summary.js';
import { MillraceError } from '../../../../src/shared/errors.js';
import { chunk } from '../../../helpers/chunks.js';
import { edgesFrom } from '../../../helpers/edges.js';

const noFiles = { files: [], failures: [], options: {} };

describe('summarise', () => {
  it('counts what there is', async () => {
    const chunks = [0, 1, 2, 3, 4].map((index) =>
      chunk(index, { source: index < 3 ? 'a.srt' : 'b.srt', tokens: 10 }),
    );
    const edges = edgesFrom([
      [0, 1, 0.5],
      [0, 2, 0.5],
      [1, 2, 0.5],
    ]);
    const summary = summarise({
      graph: await buildGraph({ chunks, edges }),
      histogram: { edges: [-1, 0, 1], counts: [4, 6] },
      files: [
        {
          source: 'a.srt',
          format: 'srt',
          encoding: 'utf-8',
          language: null,
          tokens: 9,
          sha256: 'abc',
          cues: 9,
          chunks: 3,
          bytes: 99,
          warnings: [{ line: 4, message: 'empty cue' }],
        },
      ],
      failures: [
        { source: 'c.srt', error: new MillraceError('MILLRACE_UNREADABLE_INPUT', 'the file is empty') },
      ],
      options: { threshold: 0.3 },
    });
    expect(summary).toEqual({
      files: 2,
      chunks: 5,
      tokens: 50,
      pairs: 10,
      edges: 3,
      isolated: 2,
      degree: { min: 0, median: 2, mean: 1.2, max: 2 },
      modularity: 0,
      singletons: 2,
      communities: [{ community: 0, size: 3, typical: ['a.srt#0000', 'a.srt#0001', 'a.srt#0002'] }],
      histogram: { edges: [-1, 0, 1], counts: [4, 6] },
      options: { threshold: 0.3 },
      inputs: [
        {
          source: 'a.srt',
          format: 'srt',
          encoding: 'utf-8',
          language: null,
          tokens: 9,
          sha256: 'abc',
          cues: 9,
          chunks: 3,
          bytes: 99,
          warnings: [{ line: 4, message: 'empty cue' }],
        },
      ],
      failures: [{ source: 'c.srt', code: 'MILLRACE_UNREADABLE_INPUT', reason: 'the file is empty' }],
    });
  });

  it('takes the middle of the two middle degrees for the median', async () => {
    const chunks = [0, 1, 2, 3].map((index) => chunk(index));
    const graph = await buildGraph({
      chunks,
      edges: edgesFrom([
        [0, 1, 1],
        [0, 2, 1],
      ]),
    });
    const { degree } = summarise({ graph, histogram: { edges: [-1, 1], counts: [6] }, ...noFiles });
    expect(degree).toEqual({ min: 0, median: 1, mean: 1, max: 2 });
  });

  it('has zeros for no chunk at all', async () => {
    const graph = await buildGraph({ chunks: [], edges: edgesFrom([]) });
    const summary = summarise({ graph, histogram: { edges: [-1, 1], counts: [0] }, ...noFiles });
    expect(summary).toMatchObject({ chunks: 0, tokens: 0, pairs: 0, edges: 0, isolated: 0, singletons: 0 });
    expect(summary.degree).toEqual({ min: 0, median: 0, mean: 0, max: 0 });
  });
});

describe('summaryJson', () => {
  it('has the same bytes for equal runs', async () => {
    const run = async () => {
      const graph = await buildGraph({ chunks: [chunk(0), chunk(1)], edges: edgesFrom([[0, 1, 0.7]]) });
      return [
        ...summaryJson(summarise({ graph, histogram: { edges: [-1, 1], counts: [1] }, ...noFiles })),
      ].join('');
    };
    const json = await run();
    expect(await run()).toBe(json);
    expect(json.endsWith('}\n')).toBe(true);
    expect(JSON.parse(json)).toMatchObject({ chunks: 2, edges: 1 });
  });
});
