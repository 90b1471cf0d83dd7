import type { Communities } from '../../shared/kernels/communities.js';
import type { SimilarityEdges } from '../compute/similarity.js';

/**
 * The most typical members of each community: those with the highest sum of similarity over their edges inside
 * it, the lower index first among equals.
 *
 * @returns for each community at most `perCommunity` nodes, the most typical first.
 */
export function typicalMembers(
  edges: SimilarityEdges,
  { count, communityOf }: Communities,
  perCommunity: number,
): number[][] {
  const belonging = new Float64Array(communityOf.length);
  for (let edge = 0; edge < edges.length; edge++) {
    const [source, target] = [edges.source[edge]!, edges.target[edge]!];
    if (communityOf[source] !== communityOf[target]) continue;
    belonging[source]! += edges.similarity[edge]!;
    belonging[target]! += edges.similarity[edge]!;
  }
  const nodes = Uint32Array.from(communityOf, (_community, node) => node);
  nodes.sort((a, b) => belonging[b]! - belonging[a]! || a - b);
  const typical = Array.from({ length: count }, (): number[] => []);
  for (const node of nodes) {
    const members = typical[communityOf[node]!]!;
    if (members.length < perCommunity) members.push(node);
  }
  return typical;
}
