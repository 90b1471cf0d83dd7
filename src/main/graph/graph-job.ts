import { join } from 'node:path';
import type { findCommunities } from '../../shared/kernels/communities.js';
import type { ProgressSink } from '../../shared/progress.js';
import type { SharedMatrix } from '../../shared/shared-matrix.js';
import type { ComputePool } from '../compute/compute-pool.js';
import { capDegree, edgesOfNeighbours } from '../compute/select-edges.js';
import {
  computeNearestNeighbours,
  computeSimilarityEdges,
  computeSimilarityHistogram,
  type SimilarityEdges,
} from '../compute/similarity.js';
import { writeFileAtomically } from '../files/atomic-write.js';
import { buildGraph } from './build-graph.js';
import { chunksJsonl } from './chunks-jsonl.js';
import { edgesCsv } from './edges-csv.js';
import { type GraphInputs, readInputs } from './graph-inputs.js';
import { checkOutputs, makeFolder, type OutputName } from './graph-outputs.js';
import type { GraphEmbedder, GraphStore } from './graph-store.js';
import { graphVectors } from './graph-vectors.js';
import { graphml } from './graphml.js';
import { reportHtml } from './report.js';
import { StageClock, type StageTime } from './stage-clock.js';
import { type Summary, summarise, summaryJson } from './summary.js';

export interface GraphJob {
  inputs: GraphInputs;
  /** Where the graph is kept beside the files. */
  store?: GraphStore;
  /** Makes the vectors of chunks that have none. Default: the lexical one, which runs in the pool. */
  embedder?: GraphEmbedder;
  /** Joins chunks whose similarity is at least this. With `topK` it bounds the neighbours, too. */
  threshold?: number;
  /** Joins each chunk with so many nearest neighbours. */
  topK?: number;
  /** Keeps an edge only if it is among the first so many of both its ends. */
  maxDegree: number;
  /** Of the search for communities. */
  seed: number;
  /** The folder for the outputs; it is made if it isn't there. */
  outFolder: string;
  pool: ComputePool;
  signal?: AbortSignal;
  progress?: ProgressSink;
}

export interface GraphJobResult {
  summary: Summary;
  stages: StageTime[];
  /** The files that were written. */
  outputs: string[];
}

/**
 * The main job: reads and chunks transcripts, embeds the chunks, compares all pairs, builds the graph with its
 * communities, and writes `chunks.jsonl`, `embeddings.npy`, `edges.csv`, `graph.graphml`, `summary.json` and
 * `report.html`. All but the report, which tells times, have the same bytes on every run.
 *
 * @throws MillraceError `MILLRACE_NOTHING_DONE`, naming every input and why, if there is not one chunk;
 * `MILLRACE_INVALID_INPUT` for chunks and embeddings that don't belong together; what the embedder throws;
 * `signal.reason` after an abort.
 */
export async function runGraphJob(job: GraphJob): Promise<GraphJobResult> {
  const clock = new StageClock();
  const shared = {
    pool: job.pool,
    ...(job.signal && { signal: job.signal }),
    ...(job.progress && { progress: job.progress }),
  };
  await checkOutputs(job.outFolder);
  const ingested = await readInputs(job, clock, shared);
  const { chunks } = ingested;
  await makeFolder(job.outFolder);
  const embeddings = await graphVectors(job, chunks, clock, shared);
  const edges = await clock.time(
    'similarity',
    'pairs',
    () => pairsOf(chunks.length),
    () => findEdges(job, embeddings, shared),
  );
  const histogram = await clock.time(
    'histogram',
    'pairs',
    () => pairsOf(chunks.length),
    () => computeSimilarityHistogram(embeddings, shared),
  );
  const graph = await clock.time(
    'graph',
    'edges',
    () => edges.length,
    () => buildGraph({ chunks, edges }, { seed: job.seed }, searchIn(job)),
  );
  const summary = summarise({
    graph,
    histogram,
    files: ingested.files,
    failures: ingested.failures,
    options: optionsOf(job),
  });

  const outputs: string[] = [];
  const write = async (name: OutputName, content: Parameters<typeof writeFileAtomically>[1]) => {
    const path = join(job.outFolder, name);
    await writeFileAtomically(path, content, shared);
    outputs.push(path);
  };
  await clock.time(
    'write',
    'files',
    () => 5,
    async () => {
      await write('chunks.jsonl', chunksJsonl(chunks));
      await write('embeddings.npy', [embeddings.toNpy()]);
      await write(
        'edges.csv',
        edgesCsv(
          edges,
          chunks.map(({ id }) => id),
        ),
      );
      await write('graph.graphml', graphml(graph));
      await write('summary.json', summaryJson(summary));
    },
  );
  const { store, signal } = job;
  if (store !== undefined) {
    const embedder = String(optionsOf(job).embeddings);
    const save = () => store.save({ chunks, embedder, embeddings, edges }, signal);
    await clock.time('store', 'documents', (documents) => documents, save);
  }
  const { threads, utilisation, completed } = job.pool.stats();
  const threadUse = { count: threads, utilisation, tasks: completed };
  await write('report.html', reportHtml({ summary, graph, stages: clock.stages, threads: threadUse }));
  return { summary, stages: clock.stages, outputs };
}

/** In the pool, so that an abort stops the search and this thread stays free to hear of it. */
function searchIn({ pool, signal }: GraphJob): typeof findCommunities {
  return (edges, nodes, options = {}) =>
    pool.run('communities', { edges, nodes, options }, { ...(signal && { signal }) });
}

type Shared = Pick<GraphJob, 'pool' | 'signal' | 'progress'>;

async function findEdges(job: GraphJob, embeddings: SharedMatrix, shared: Shared): Promise<SimilarityEdges> {
  const { threshold, topK, maxDegree } = job;
  if (topK === undefined) {
    return computeSimilarityEdges(embeddings, { ...shared, threshold: threshold ?? 0, maxDegree });
  }
  const neighbours = await computeNearestNeighbours(embeddings, { ...shared, k: topK });
  return capDegree(edgesOfNeighbours(neighbours, threshold), embeddings.rows, maxDegree);
}

function optionsOf({
  inputs,
  embedder,
  threshold,
  topK,
  maxDegree,
  seed,
}: GraphJob): Record<string, string | number | null> {
  const embeddings = embedder?.name ?? 'lexical';
  const how =
    'store' in inputs
      ? { embeddings }
      : 'chunksFile' in inputs
        ? { embeddings: inputs.embeddingsFile === undefined ? embeddings : 'file' }
        : {
            chunkTokens: inputs.chunkTokens,
            chunkOverlap: inputs.chunkOverlap,
            chunkStrategy: inputs.strategy ?? 'sentence',
            tokenizer: inputs.tokenizer,
            encoding: inputs.encoding ?? null,
            embeddings,
          };
  return { ...how, threshold: threshold ?? null, topK: topK ?? null, maxDegree, seed };
}

function pairsOf(n: number): number {
  return (n * (n - 1)) / 2;
}
