import type { MillraceError } from '../../shared/errors.js';
import type { SimilarityHistogram } from '../compute/similarity.js';
import { reasonOf } from '../files/failure-reason.js';
import type { IngestedFile } from '../ingest/ingest-transcripts.js';
import type { SimilarityGraph } from './build-graph.js';

/** A run's options as they took effect. Of these the report marks `threshold` in its histogram. */
export type UsedOptions = Readonly<Record<string, string | number | boolean | null>>;

/** What a run found: the content of `summary.json`. Same inputs and options, same summary, on every machine. */
export interface Summary {
  /** How many different sources the chunks come from. */
  files: number;
  chunks: number;
  tokens: number;
  /** How many pairs of chunks there are: n(n − 1) / 2. */
  pairs: number;
  edges: number;
  /** Chunks without an edge. */
  isolated: number;
  degree: { min: number; median: number; mean: number; max: number };
  modularity: number;
  /** Communities of one chunk; `communities` lists only the larger ones. */
  singletons: number;
  /** By size, the largest first. `typical` are ids of chunks, the most typical first. */
  communities: { community: number; size: number; typical: string[] }[];
  /** Of the similarities of all pairs. */
  histogram: { edges: readonly number[]; counts: readonly number[] };
  options: UsedOptions;
  inputs: readonly IngestedFile[];
  failures: { source: string; code: string; reason: string }[];
}

/**
 * Sums up a run.
 *
 * @example
 * await writeFileAtomically('out/summary.json', summaryJson(summarise({ graph, histogram, ...ingested, options })));
 */
export function summarise(run: {
  graph: SimilarityGraph;
  histogram: SimilarityHistogram;
  files: readonly IngestedFile[];
  failures: readonly { source: string; error: MillraceError }[];
  options: UsedOptions;
}): Summary {
  const { chunks, edges, degrees, communities } = run.graph;
  return {
    files: new Set(chunks.map(({ source }) => source)).size,
    chunks: chunks.length,
    tokens: chunks.reduce((total, { tokens }) => total + tokens, 0),
    pairs: chunks.length === 0 ? 0 : (chunks.length * (chunks.length - 1)) / 2,
    edges: edges.length,
    isolated: degrees.reduce((isolated, degree) => isolated + (degree === 0 ? 1 : 0), 0),
    degree: degreeStatistics(degrees),
    modularity: communities.modularity,
    singletons: communities.sizes.reduce((singletons, size) => singletons + (size === 1 ? 1 : 0), 0),
    communities: largerCommunities(run.graph),
    histogram: { edges: run.histogram.edges, counts: run.histogram.counts },
    options: run.options,
    inputs: run.files,
    failures: run.failures.map((failure) => ({
      source: failure.source,
      code: failure.error.code,
      reason: reasonOf(failure),
    })),
  };
}

/** The content of `summary.json`, with two spaces of indentation. */
export function summaryJson(summary: Summary): Iterable<string> {
  return [`${JSON.stringify(summary, null, 2)}\n`];
}

function degreeStatistics(degrees: Uint32Array): Summary['degree'] {
  const n = degrees.length;
  if (n === 0) return { min: 0, median: 0, mean: 0, max: 0 };
  const sorted = degrees.toSorted();
  return {
    min: sorted[0]!,
    median: (sorted[Math.floor((n - 1) / 2)]! + sorted[Math.floor(n / 2)]!) / 2,
    mean: degrees.reduce((total, degree) => total + degree, 0) / n,
    max: sorted[n - 1]!,
  };
}

function largerCommunities({ chunks, communities, typical }: SimilarityGraph): Summary['communities'] {
  const larger: Summary['communities'] = [];
  for (const [community, size] of communities.sizes.entries()) {
    if (size === 1) break;
    larger.push({ community, size, typical: typical[community]!.map((node) => chunks[node]!.id) });
  }
  return larger;
}
