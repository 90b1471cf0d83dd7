import { mulberry32 } from '../random.js';

/** Edges as columns, between nodes from 0. */
export interface WeightedEdges {
  readonly length: number;
  readonly source: Uint32Array;
  readonly target: Uint32Array;
  readonly similarity: Float32Array;
}

/** A partition of n nodes. Communities are numbered by size, the largest is 0; equals by their lowest member. */
export interface Communities {
  readonly count: number;
  /** For each node, the number of its community. */
  readonly communityOf: Uint32Array;
  /** For each community, how many nodes it has. */
  readonly sizes: Uint32Array;
  /** Newman's modularity at the resolution asked for: 0 says no better than chance, 1 is the bound. */
  readonly modularity: number;
}

export interface CommunityOptions {
  /** γ of Lambiotte, Delvenne and Barahona (2008): above 1 gives more and smaller communities. Default: 1. */
  resolution?: number;
  /** Where the search begins. The same seed gives the same communities. Default: 1. */
  seed?: number;
}

/** The search for communities as a job: it takes seconds where there are millions of edges. */
export interface CommunitiesJob {
  readonly edges: WeightedEdges;
  readonly nodes: number;
  readonly options: CommunityOptions;
}

/**
 * Communities by the Louvain method (Blondel et al., 2008, "Fast unfolding of communities in large networks"),
 * with similarity as the weight. The same on every machine: nodes and edges go in sorted, and randomness comes
 * from a seeded generator.
 *
 * Modularity is defined for positive weights, so edges with a similarity of 0 or less are ignored. A node
 * without other edges is a community of its own.
 */
export async function findCommunities(
  edges: WeightedEdges,
  nodes: number,
  { resolution = 1, seed = 1 }: CommunityOptions = {},
): Promise<Communities> {
  const [graphology, louvainModule] = await Promise.all([
    import('graphology'),
    import('graphology-communities-louvain'),
  ]);
  const graph = new graphology.default.UndirectedGraph({ allowSelfLoops: false });
  const isJoined = joinedNodes(edges, nodes);
  for (let node = 0; node < nodes; node++) if (isJoined[node] === 1) graph.addNode(node);
  if (graph.order === 0)
    return numberCommunities(
      Uint32Array.from({ length: nodes }, (_, node) => node),
      0,
    );
  for (let edge = 0; edge < edges.length; edge++) {
    const weight = edges.similarity[edge]!;
    if (weight > 0) graph.addEdge(edges.source[edge], edges.target[edge], { weight });
  }
  // The module's only export is the function itself; its types say that it is a property `default` of that.
  const louvain = louvainModule.default as unknown as typeof louvainModule.default.default;
  const found = louvain.detailed(graph, { getEdgeWeight: 'weight', resolution, rng: mulberry32(seed) });
  const labels = Uint32Array.from({ length: nodes }, (_, node) => found.communities[node] ?? nodes + node);
  return numberCommunities(labels, found.modularity);
}

function joinedNodes(edges: WeightedEdges, nodes: number): Uint8Array {
  const isJoined = new Uint8Array(nodes);
  for (let edge = 0; edge < edges.length; edge++) {
    if (edges.similarity[edge]! <= 0) continue;
    isJoined[edges.source[edge]!] = 1;
    isJoined[edges.target[edge]!] = 1;
  }
  return isJoined;
}

/** Turns any labels into numbers by size, then by lowest member. */
function numberCommunities(labels: Uint32Array, modularity: number): Communities {
  const sizeOf = new Map<number, number>();
  for (const label of labels) sizeOf.set(label, (sizeOf.get(label) ?? 0) + 1);
  // A map keeps the order of insertion, here that of the lowest members, and the sort is stable.
  const bySize = [...sizeOf].sort(([, a], [, b]) => b - a);
  const numberOf = new Map(bySize.map(([label], number) => [label, number]));
  return {
    count: bySize.length,
    communityOf: labels.map((label) => numberOf.get(label)!),
    sizes: Uint32Array.from(bySize, ([, size]) => size),
    modularity,
  };
}
