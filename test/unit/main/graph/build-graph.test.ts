import { describe, expect, it } from 'vitest';
import { buildGraph } from '../../../../src/main/graph/build-graph.js';
import { chunk } from '../../../helpers/chunks.js';
import { edgesFrom } from '../../../helpers/edges.js';

describe('buildGraph', () => {
  const chunks = [0, 1, 2, 3].map((index) => chunk(index));
  const edges = edgesFrom([
    [0, 1, 0.5],
    [0, 2, 0.25],
    [1, 2, 0.5],
  ]);

  it('adds degrees, communities and typical chunks', async () => {
    const graph = await buildGraph({ chunks, edges }, { typicalPerCommunity: 1 });
    expect(graph).toEqual({
      chunks,
      edges,
      degrees: Uint32Array.of(2, 2, 2, 0),
      communities: {
        count: 2,
        communityOf: Uint32Array.of(0, 0, 0, 1),
        sizes: Uint32Array.of(3, 1),
        modularity: 0,
      },
      typical: [[1], [3]],
    });
  });

  it.each([
    [{ resolution: 0 }, /"resolution": expected a number from 0.01 to 100, received 0/],
    [{ seed: 1.5 }, /"seed": expected a whole number from 0 to 4294967295, received 1.5/],
    [{ typicalPerCommunity: -1 }, /"typicalPerCommunity": expected a whole number of at least 0/],
  ])('refuses %o', async (options, message) => {
    const refused = expect(buildGraph({ chunks, edges }, options)).rejects;
    await refused.toMatchObject({
      code: 'MILLRACE_INVALID_ARGUMENT',
      message: expect.stringMatching(message),
    });
  });

  it.each([
    ['beyond the chunks', [[0, 4, 0.5]]],
    ['from a chunk to itself', [[1, 1, 0.5]]],
    [
      'the wrong way round',
      [
        [0, 1, 0.5],
        [2, 1, 0.5],
      ],
    ],
  ] as [string, [number, number, number][]][])('refuses an edge %s', async (_, list) => {
    const refused = expect(buildGraph({ chunks, edges: edgesFrom(list) })).rejects;
    await refused.toMatchObject({
      code: 'MILLRACE_INVALID_INPUT',
      message: expect.stringMatching(/^edge \d: expected source < target < 4/),
    });
  });
});
