import fc from 'fast-check';
import type { SimilarityEdges } from '../../src/main/compute/similarity.js';

export type EdgeList = readonly (readonly [source: number, target: number, similarity: number])[];

/** Edges as columns. */
export function edgesFrom(list: EdgeList): SimilarityEdges {
  return {
    length: list.length,
    source: Uint32Array.from(list, ([source]) => source),
    target: Uint32Array.from(list, ([, target]) => target),
    similarity: Float32Array.from(list, ([, , similarity]) => similarity),
  };
}

/** Edges as triples, with their similarities as float32. */
export function listOf({ length, source, target, similarity }: SimilarityEdges): EdgeList {
  return Array.from({ length }, (_, edge) => [source[edge]!, target[edge]!, similarity[edge]!] as const);
}

/** Any set of sorted edges between fewer than `maxNodes` nodes; equal similarities are frequent. */
export function arbitraryEdges(maxNodes = 12): fc.Arbitrary<{ nodes: number; list: EdgeList }> {
  const similarity = fc.oneof(
    fc.constantFrom(1, 0.5, 0.25, 0, -0.5),
    fc.float({ min: -1, max: 1, noNaN: true }),
  );
  return fc.integer({ min: 0, max: maxNodes }).chain((nodes) => {
    const pairs: [number, number][] = [];
    for (let i = 0; i < nodes; i++) for (let j = i + 1; j < nodes; j++) pairs.push([i, j]);
    const chosen = fc.tuple(
      fc.subarray(pairs),
      fc.array(similarity, { minLength: pairs.length, maxLength: pairs.length }),
    );
    return chosen.map(([kept, similarities]) => ({
      nodes,
      list: kept.map(([i, j], edge) => [i, j, Math.fround(similarities[edge]!) + 0] as const),
    }));
  });
}
