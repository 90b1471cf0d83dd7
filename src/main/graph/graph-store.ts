import type { ProgressSink } from '../../shared/progress.js';
import type { SharedMatrix } from '../../shared/shared-matrix.js';
import type { Chunk } from '../../shared/transcript.js';
import type { SimilarityEdges } from '../compute/similarity.js';

/** What makes vectors of chunks. */
export interface GraphEmbedder {
  /** As the summary has it. */
  readonly name: string;
  /** A row for each chunk, in their order. */
  embed(
    chunks: readonly Chunk[],
    options: { signal?: AbortSignal; progress?: ProgressSink },
  ): Promise<SharedMatrix>;
}

/** A graph whose parts are all there. */
export interface FinishedGraph {
  readonly chunks: readonly Chunk[];
  /** The name of what made the vectors. */
  readonly embedder: string;
  /** Row i is that of chunk i. */
  readonly embeddings: SharedMatrix;
  readonly edges: SimilarityEdges;
}

/** Where graphs are kept beside files. */
export interface GraphStore {
  /** As messages have it. */
  readonly name: string;
  readChunks(signal?: AbortSignal): Promise<Chunk[]>;
  /** May be repeated, and changes nothing then. @returns how many documents the graph has */
  save(graph: FinishedGraph, signal?: AbortSignal): Promise<number>;
}
