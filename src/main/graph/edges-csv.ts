import type { NearestNeighbours, SimilarityEdges } from '../compute/similarity.js';
import { float32Decimal } from './float32-decimal.js';

const HEADER = 'source,target,similarity\n';

/**
 * The lines of an `edges.csv` (RFC 4180, but with `\n`): `source,target,similarity`, an edge a line, in the order
 * of the edges. Similarities are the shortest decimals that read back to the same float32.
 *
 * @param ids The nodes' names; source and target are row numbers, from 0, where there are none.
 *
 * @example
 * await writeFileAtomically('out/edges.csv', edgesCsv(edges, chunks.map(({ id }) => id)));
 */
export function* edgesCsv(edges: SimilarityEdges, ids?: readonly string[]): Iterable<string> {
  const nameOf = naming(ids);
  yield HEADER;
  for (let edge = 0; edge < edges.length; edge++) {
    yield line(nameOf(edges.source[edge]!), nameOf(edges.target[edge]!), edges.similarity[edge]!);
  }
}

/** The same for nearest neighbours: a line for each row and neighbour, the most similar first. */
export function* neighboursCsv(
  { k, indices, similarities }: NearestNeighbours,
  ids?: readonly string[],
): Iterable<string> {
  const nameOf = naming(ids);
  yield HEADER;
  for (let i = 0; i < indices.length; i++) {
    yield line(nameOf(Math.floor(i / k)), nameOf(indices[i]!), similarities[i]!);
  }
}

function line(source: string, target: string, similarity: number): string {
  return `${source},${target},${float32Decimal(similarity)}\n`;
}

function naming(ids: readonly string[] | undefined): (node: number) => string {
  const fields = ids?.map(csvField);
  return (node) => fields?.[node] ?? String(node);
}

/** A field is quoted if it holds a comma, a quote or a line end; quotes in it are doubled. */
function csvField(text: string): string {
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
