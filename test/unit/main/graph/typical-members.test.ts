import { describe, expect, it } from 'vitest';
import { typicalMembers } from '../../../../src/main/graph/typical-members.js';
import { type EdgeList, edgesFrom } from '../../../helpers/edges.js';

describe('typicalMembers', () => {
  it('names those with the highest sum of similarity inside their community, the lower index first', async () => {
    const list: EdgeList = [
      [0, 1, 0.5],
      [0, 2, 0.5],
      [0, 5, 0.9],
      [1, 2, 0.75],
      [3, 4, 0.5],
    ];
    const communities = {
      count: 3,
      communityOf: Uint32Array.of(0, 0, 0, 1, 1, 2),
      sizes: Uint32Array.of(3, 2, 1),
      modularity: 0,
    };
    expect(typicalMembers(edgesFrom(list), communities, 2)).toEqual([[1, 2], [3, 4], [5]]);
    expect(typicalMembers(edgesFrom(list), communities, 0)).toEqual([[], [], []]);
  });
});
