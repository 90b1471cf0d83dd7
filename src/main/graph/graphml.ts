import type { SimilarityGraph } from './build-graph.js';
import { float32Decimal } from './float32-decimal.js';

/** The attributes of nodes, in the order in which they are written: name and GraphML type. */
const NODE_KEYS = {
  label: 'string',
  source: 'string',
  index: 'int',
  startMs: 'long',
  endMs: 'long',
  speaker: 'string',
  text: 'string',
  tokens: 'int',
  community: 'int',
  degree: 'int',
} as const;

const HEAD = `<?xml version="1.0" encoding="UTF-8"?>
<graphml xmlns="http://graphml.graphdrawing.org/xmlns" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" \
xsi:schemaLocation="http://graphml.graphdrawing.org/xmlns http://graphml.graphdrawing.org/xmlns/1.0/graphml.xsd">
`;

/** Whatever is not a Char (XML 1.0, production 2). */
const NOT_XML = /[^\t\n\r\x20-\uD7FF\uE000-\uFFFD\u{10000}-\u{10FFFF}]/gu;

/**
 * The pieces of a `graph.graphml` (GraphML 1.0, as Gephi, Cytoscape, NetworkX and igraph read it): an undirected
 * graph, nodes `n0`, `n1`, … in the order of the chunks, edges with their similarity as `weight`.
 *
 * A node's `label` is its chunk's id. What a chunk doesn't have (times, a speaker) is left out. Characters that
 * XML 1.0 can't hold, control characters and lone surrogates, become U+FFFD.
 *
 * @example
 * await writeFileAtomically('out/graph.graphml', graphml(graph));
 */
export function* graphml(graph: SimilarityGraph): Iterable<string> {
  const { edges } = graph;
  yield HEAD;
  for (const [name, type] of Object.entries(NODE_KEYS)) yield key(name, 'node', type);
  yield key('weight', 'edge', 'float');
  yield '  <graph id="similarity" edgedefault="undirected">\n';
  for (let node = 0; node < graph.chunks.length; node++) yield nodeElement(graph, node);
  for (let edge = 0; edge < edges.length; edge++) {
    const weight = data('weight', float32Decimal(edges.similarity[edge]!));
    yield `    <edge source="n${edges.source[edge]}" target="n${edges.target[edge]}">${weight}</edge>\n`;
  }
  yield '  </graph>\n</graphml>\n';
}

function nodeElement({ chunks, communities, degrees }: SimilarityGraph, node: number): string {
  const chunk = chunks[node]!;
  const values: Record<keyof typeof NODE_KEYS, string | number | null> = {
    ...chunk,
    label: chunk.id,
    community: communities.communityOf[node]!,
    degree: degrees[node]!,
  };
  const attributes = (Object.keys(NODE_KEYS) as (keyof typeof NODE_KEYS)[])
    .filter((name) => values[name] !== null)
    .map((name) => data(name, escapeXml(String(values[name]))));
  return `    <node id="n${node}">${attributes.join('')}</node>\n`;
}

function key(name: string, domain: 'node' | 'edge', type: string): string {
  return `  <key id="${name}" for="${domain}" attr.name="${name}" attr.type="${type}"/>\n`;
}

function data(key: string, content: string): string {
  return `<data key="${key}">${content}</data>`;
}

/** Escapes what a parser would take for mark-up, normalise away, or refuse. */
function escapeXml(text: string): string {
  return text
    .replace(NOT_XML, '\uFFFD')
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('\r', '&#13;');
}
