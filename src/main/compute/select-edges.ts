import { descendingKeys, orderByKey } from './radix-order.js';
import type { NearestNeighbours, SimilarityEdges } from './similarity.js';

/**
 * The graph of nearest neighbours as edges: each row is joined to all of its neighbours, and each pair is there
 * once, whichever of the two named the other. Rows may so have more than k edges; {@link capDegree} bounds them.
 *
 * @param threshold Edges below it, rounded to float32, are left out. Default: none is.
 * @returns edges with source < target, sorted by source, then target.
 *
 * @example
 * const edges = edgesOfNeighbours(await computeNearestNeighbours(embeddings, { k: 10 }), 0.5);
 */
export function edgesOfNeighbours(
  { k, indices, similarities }: NearestNeighbours,
  threshold = Number.NEGATIVE_INFINITY,
): SimilarityEdges {
  const sources = new Uint32Array(indices.length);
  const targets = new Uint32Array(indices.length);
  for (let i = 0; i < indices.length; i++) {
    const row = Math.floor(i / k);
    sources[i] = Math.min(row, indices[i]!);
    targets[i] = Math.max(row, indices[i]!);
  }
  const least = Math.fround(threshold);
  const order = orderByKey(sources, orderByKey(targets));
  const kept = order.filter((item, place) => {
    const last = place === 0 ? -1 : order[place - 1]!;
    const isRepeated = sources[item] === sources[last] && targets[item] === targets[last];
    return !isRepeated && similarities[item]! >= least;
  });
  return pick({ source: sources, target: targets, similarity: similarities, length: indices.length }, kept);
}

/**
 * Bounds the degree of every node: an edge is kept if it is among the first `maxDegree` of *both* its ends,
 * ordered by similarity, the higher first, then by the index of the other end, the lower first.
 *
 * @param edges with source < target, sorted by source, then target.
 * @param nodes how many nodes there are: every index is below it.
 * @returns the kept edges in the same order.
 */
export function capDegree(edges: SimilarityEdges, nodes: number, maxDegree: number): SimilarityEdges {
  // The sort is stable, so among equals the edges of each node come in the order of their other ends.
  const order = orderByKey(descendingKeys(edges.similarity.subarray(0, edges.length)));
  const seen = new Uint32Array(nodes);
  const isKept = new Uint8Array(edges.length);
  for (const edge of order) {
    const rankAtSource = seen[edges.source[edge]!]!++;
    const rankAtTarget = seen[edges.target[edge]!]!++;
    if (rankAtSource < maxDegree && rankAtTarget < maxDegree) isKept[edge] = 1;
  }
  const kept = order.filter((edge) => isKept[edge] === 1).sort();
  return pick(edges, kept);
}

/** How many edges each node has. */
export function degreesOf(edges: SimilarityEdges, nodes: number): Uint32Array {
  const degrees = new Uint32Array(nodes);
  for (let edge = 0; edge < edges.length; edge++) {
    degrees[edges.source[edge]!]!++;
    degrees[edges.target[edge]!]!++;
  }
  return degrees;
}

function pick(edges: SimilarityEdges, kept: Uint32Array): SimilarityEdges {
  return {
    source: kept.map((edge) => edges.source[edge]!),
    target: kept.map((edge) => edges.target[edge]!),
    similarity: Float32Array.from(kept, (edge) => edges.similarity[edge]!),
    length: kept.length,
  };
}
