import { z } from 'zod';
import { MillraceError } from '../../shared/errors.js';
import { type Communities, findCommunities } from '../../shared/kernels/communities.js';
import { checkOptions, count, numberFrom } from '../../shared/options.js';
import type { Chunk } from '../../shared/transcript.js';
import { degreesOf } from '../compute/select-edges.js';
import type { SimilarityEdges } from '../compute/similarity.js';
import { typicalMembers } from './typical-members.js';

/** Chunks as nodes, similarities as edges: node i is `chunks[i]`. */
export interface SimilarityGraph {
  readonly chunks: readonly Chunk[];
  readonly edges: SimilarityEdges;
  /** For each node, how many edges it has. */
  readonly degrees: Uint32Array;
  readonly communities: Communities;
  /** For each community its most typical nodes, the most typical first. */
  readonly typical: readonly (readonly number[])[];
}

export interface BuildGraphOptions {
  /** Above 1 gives more and smaller communities. From 0.01 to 100. Default: 1. */
  resolution?: number;
  /** The seed of the search for communities, a whole number below 2³². Default: 1. */
  seed?: number;
  /** How many typical chunks to name for each community, from 0. Default: 3. */
  typicalPerCommunity?: number;
}

const optionsSchema = z.object({
  resolution: numberFrom(0.01, 100).default(1),
  seed: count(0, 2 ** 32 - 1).default(1),
  typicalPerCommunity: count(0).default(3),
});

/**
 * Builds the graph: degrees, communities, and the chunks that are most typical of each. The same on every machine.
 *
 * @param edges Rows of the embeddings are nodes: source < target < `chunks.length`, sorted by source, then target.
 * @param search Where communities are searched for. Default: in this thread, which it blocks.
 * @throws MillraceError `MILLRACE_INVALID_ARGUMENT` for options out of range, `MILLRACE_INVALID_INPUT` for an edge
 * that isn't between two of the chunks.
 *
 * @example
 * const edges = await computeSimilarityEdges(embeddings, { threshold: 0.2 });
 * const graph = await buildGraph({ chunks, edges });
 * graph.communities.sizes[0]; // the size of the largest community
 */
export async function buildGraph(
  { chunks, edges }: { chunks: readonly Chunk[]; edges: SimilarityEdges },
  options: BuildGraphOptions = {},
  search: typeof findCommunities = findCommunities,
): Promise<SimilarityGraph> {
  const { typicalPerCommunity, ...communityOptions } = checkOptions('buildGraph', optionsSchema, options);
  checkEdges(edges, chunks.length);
  const communities = await search(edges, chunks.length, communityOptions);
  return {
    chunks,
    edges,
    degrees: degreesOf(edges, chunks.length),
    communities,
    typical: typicalMembers(edges, communities, typicalPerCommunity),
  };
}

function checkEdges({ source, target, length }: SimilarityEdges, nodes: number): void {
  for (let edge = 0; edge < length; edge++) {
    if (source[edge]! < target[edge]! && target[edge]! < nodes) continue;
    throw new MillraceError(
      'MILLRACE_INVALID_INPUT',
      `edge ${edge}: expected source < target < ${nodes} (the number of chunks), ` +
        `received source ${source[edge]}, target ${target[edge]}`,
    );
  }
}
