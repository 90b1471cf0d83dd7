import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { findCommunities } from '../../../../src/shared/kernels/communities.js';
import { arbitraryEdges, type EdgeList, edgesFrom } from '../../../helpers/edges.js';

/** Nodes from `first` to `last`, each joined with each. */
function clique(first: number, last: number, similarity: number): EdgeList {
  const list: [number, number, number][] = [];
  for (let i = first; i <= last; i++) for (let j = i + 1; j <= last; j++) list.push([i, j, similarity]);
  return list;
}

/** Newman's modularity, pair by pair: Σ (w_ij − γ k_i k_j / 2m) / 2m over pairs (i, j) inside a community. */
function modularity(list: EdgeList, communityOf: Uint32Array, resolution = 1): number {
  const n = communityOf.length;
  const weights = Array.from({ length: n }, () => new Float64Array(n));
  for (const [i, j, similarity] of list) {
    if (similarity <= 0) continue;
    weights[i]![j] = similarity;
    weights[j]![i] = similarity;
  }
  const strengths = weights.map((row) => row.reduce((sum, weight) => sum + weight, 0));
  const total = strengths.reduce((sum, strength) => sum + strength, 0);
  if (total === 0) return 0;
  let sum = 0;
  for (let i = 0; i < n; i++) {
    for (let j = 0; j < n; j++) {
      if (communityOf[i] !== communityOf[j]) continue;
      sum += weights[i]![j]! - (resolution * strengths[i]! * strengths[j]!) / total;
    }
  }
  return sum / total;
}

describe('findCommunities', () => {
  it('finds cliques, and numbers them by size, then by lowest member', async () => {
    const list = [
      ...clique(0, 2, 0.9),
      ...clique(3, 5, 0.9),
      ...clique(6, 9, 0.9),
      [2, 3, 0.1] as const,
    ].toSorted((a, b) => a[0] - b[0] || a[1] - b[1]);
    const found = await findCommunities(edgesFrom(list), 11);
    expect([...found.communityOf]).toEqual([1, 1, 1, 2, 2, 2, 0, 0, 0, 0, 3]);
    expect([...found.sizes]).toEqual([4, 3, 3, 1]);
    expect(found.count).toBe(4);
  });

  it('ignores edges of a similarity of 0 or less', async () => {
    const found = await findCommunities(
      edgesFrom([
        [0, 1, -0.5],
        [1, 2, 0],
        [2, 3, 0.5],
      ]),
      4,
    );
    expect([...found.communityOf]).toEqual([1, 2, 0, 0]);
  });

  it('makes each node a community of its own where there is no edge', async () => {
    expect(await findCommunities(edgesFrom([]), 2)).toEqual({
      count: 2,
      communityOf: Uint32Array.of(0, 1),
      sizes: Uint32Array.of(1, 1),
      modularity: 0,
    });
    expect((await findCommunities(edgesFrom([]), 0)).count).toBe(0);
  });

  it('gives a sound partition with its modularity, the same each time, and better than none', async () => {
    const resolution = fc.constantFrom(0.5, 1, 2);
    await fc.assert(
      fc.asyncProperty(arbitraryEdges(), resolution, fc.nat(), async ({ nodes, list }, gamma, seed) => {
        const options = { resolution: gamma, seed };
        const found = await findCommunities(edgesFrom(list), nodes, options);
        expect(await findCommunities(edgesFrom(list), nodes, options)).toEqual(found);
        const sizes = new Uint32Array(found.count);
        for (const community of found.communityOf) sizes[community]!++;
        expect(sizes).toEqual(found.sizes);
        expect(sizes).toEqual(sizes.toSorted().toReversed());
        const firstMembers = [...sizes.keys()].map((community) => found.communityOf.indexOf(community));
        for (let c = 1; c < found.count; c++) {
          if (sizes[c] === sizes[c - 1]) expect(firstMembers[c]).toBeGreaterThan(firstMembers[c - 1]!);
        }
        expect(found.modularity).toBeCloseTo(modularity(list, found.communityOf, gamma), 9);
        const alone = modularity(
          list,
          Uint32Array.from({ length: nodes }, (_, node) => node),
          gamma,
        );
        expect(found.modularity).toBeGreaterThanOrEqual(alone - 1e-9);
      }),
      { numRuns: 200 },
    );
  });

  it('gives more and smaller communities at a higher resolution', async () => {
    const ring = [
      ...clique(0, 3, 0.9),
      ...clique(4, 7, 0.9),
      [3, 4, 0.9] as const,
      [0, 7, 0.9] as const,
      [1, 6, 0.9] as const,
    ];
    const sorted = edgesFrom(ring.toSorted((a, b) => a[0] - b[0] || a[1] - b[1]));
    const coarse = await findCommunities(sorted, 8, { resolution: 0.1 });
    const fine = await findCommunities(sorted, 8, { resolution: 1 });
    expect([coarse.count, fine.count]).toEqual([1, 2]);
  });
});
