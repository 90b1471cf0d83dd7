import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { capDegree, degreesOf, edgesOfNeighbours } from '../../../../src/main/compute/select-edges.js';
import { arbitraryEdges, type EdgeList, edgesFrom, listOf } from '../../../helpers/edges.js';

/** Ranks the edges of each node on their own. */
function cappedNaively(list: EdgeList, maxDegree: number): EdgeList {
  const isAmongFirst = (node: number, edge: EdgeList[number]) => {
    const other = ([source, target]: EdgeList[number]) => (source === node ? target : source);
    const own = list.filter(([source, target]) => source === node || target === node);
    own.sort((a, b) => b[2] - a[2] || other(a) - other(b));
    return own.indexOf(edge) < maxDegree;
  };
  return list.filter((edge) => isAmongFirst(edge[0], edge) && isAmongFirst(edge[1], edge));
}

describe('capDegree', () => {
  it('keeps the edges that are among the first of both their ends, in their order', () => {
    fc.assert(
      fc.property(arbitraryEdges(), fc.integer({ min: 0, max: 6 }), ({ nodes, list }, maxDegree) => {
        const capped = capDegree(edgesFrom(list), nodes, maxDegree);
        expect(listOf(capped)).toEqual(cappedNaively(list, maxDegree));
        expect(Math.max(0, ...degreesOf(capped, nodes))).toBeLessThanOrEqual(maxDegree);
      }),
      { numRuns: 300 },
    );
  });

  it('prefers the lower index among equals', () => {
    const star = edgesFrom([0, 1, 3, 4].map((leaf) => [Math.min(leaf, 2), Math.max(leaf, 2), 0.5]));
    expect(listOf(capDegree(star, 5, 2)).map(([source, target]) => [source, target])).toEqual([
      [0, 2],
      [1, 2],
    ]);
  });

  it('leaves its input as it was', () => {
    const list: EdgeList = [
      [0, 1, 0.5],
      [0, 2, 0.75],
    ];
    const edges = edgesFrom(list);
    capDegree(edges, 3, 1);
    expect(listOf(edges)).toEqual(list);
  });
});

describe('edgesOfNeighbours', () => {
  /** n × k nearest neighbours of a random symmetric similarity, by the naive way. */
  const neighbours = fc
    .tuple(
      fc.integer({ min: 0, max: 9 }),
      fc.integer({ min: 1, max: 5 }),
      fc.infiniteStream(fc.constantFrom(-0.5, 0, 0.25, 0.5, 0.7)),
    )
    .map(([n, wanted, stream]) => {
      const similarity = Array.from({ length: n }, () => new Float32Array(n));
      for (let i = 0; i < n; i++) {
        for (let j = i + 1; j < n; j++) {
          const value = stream.next().value;
          similarity[i]![j] = value;
          similarity[j]![i] = value;
        }
      }
      const k = Math.max(0, Math.min(wanted, n - 1));
      const nearest = similarity.map((row, i) => {
        const others = [...row.keys()].filter((j) => j !== i);
        return others.sort((a, b) => row[b]! - row[a]! || a - b).slice(0, k);
      });
      return { n, similarity, nearest, k };
    });

  it('joins each row with its neighbours, each pair once, sorted, from the threshold on', () => {
    const threshold = fc.constantFrom(undefined, -1, 0, 0.5, 0.7);
    fc.assert(
      fc.property(neighbours, threshold, ({ n, similarity, nearest, k }, least) => {
        const edges = edgesOfNeighbours(
          {
            k,
            indices: Uint32Array.from(nearest.flat()),
            similarities: Float32Array.from(nearest.flatMap((row, i) => row.map((j) => similarity[i]![j]!))),
          },
          least,
        );
        const expected: [number, number, number][] = [];
        for (let i = 0; i < n; i++) {
          for (let j = i + 1; j < n; j++) {
            const value = similarity[i]![j]!;
            const isNamed = nearest[i]!.includes(j) || nearest[j]!.includes(i);
            if (isNamed && (least === undefined || value >= Math.fround(least))) expected.push([i, j, value]);
          }
        }
        expect(listOf(edges)).toEqual(expected);
      }),
    );
  });
});

describe('degreesOf', () => {
  it('counts the edges of each node', () => {
    const edges = edgesFrom([
      [0, 1, 1],
      [0, 3, 1],
      [1, 3, 1],
    ]);
    expect([...degreesOf(edges, 5)]).toEqual([2, 2, 0, 2, 0]);
  });
});
