import { MillraceError } from '../../shared/errors.js';
import type { ChunkStrategy } from '../../shared/kernels/chunking.js';
import type { CleaningOptions } from '../../shared/kernels/transcripts/clean-cues.js';
import type { ProgressSink } from '../../shared/progress.js';
import type { Chunk, TokenEncoding } from '../../shared/transcript.js';
import type { ComputePool } from '../compute/compute-pool.js';
import { reasonOf } from '../files/failure-reason.js';
import { type IngestedFile, ingestTranscripts } from '../ingest/ingest-transcripts.js';
import { readChunksJsonl } from './chunks-jsonl.js';
import { outputPaths } from './graph-outputs.js';
import type { GraphStore } from './graph-store.js';
import type { StageClock } from './stage-clock.js';

/** What becomes a graph: transcripts, or chunks that were made before. */
export type GraphInputs =
  | {
      /** Files, folders and globs. */
      transcripts: readonly string[];
      chunkTokens: number;
      chunkOverlap: number;
      tokenizer: TokenEncoding;
      strategy?: ChunkStrategy;
      windowMs?: number;
      cleaning?: CleaningOptions;
      /** Of the files' characters. Default: found for each file. */
      encoding?: string;
    }
  | {
      /** A `chunks.jsonl`. */
      chunksFile: string;
      /** A `.npy` file whose row i belongs to line i. Default: chunks are embedded. */
      embeddingsFile?: string;
    }
  | {
      /** Where chunks are that were made before. */
      store: GraphStore;
    };

export interface Ingested {
  chunks: Chunk[];
  files: readonly IngestedFile[];
  failures: readonly { source: string; error: MillraceError }[];
}

interface Shared {
  pool: ComputePool;
  signal?: AbortSignal;
  progress?: ProgressSink;
}

/**
 * Reads and cuts what becomes a graph.
 *
 * @throws MillraceError `MILLRACE_NOTHING_DONE`, naming every input and why, if there is not one chunk
 */
export async function readInputs(
  { inputs, outFolder }: { inputs: GraphInputs; outFolder: string },
  clock: StageClock,
  shared: Shared,
): Promise<Ingested> {
  const ingested = await ingest(inputs, outputPaths(outFolder), clock, shared);
  if (ingested.chunks.length === 0) throw nothingDone(ingested.failures);
  return ingested;
}

async function ingest(
  inputs: GraphInputs,
  exclude: readonly string[],
  clock: StageClock,
  shared: Shared,
): Promise<Ingested> {
  if ('store' in inputs) {
    const read = () => inputs.store.readChunks(shared.signal);
    const chunks = await clock.time('read', 'chunks', (found) => found.length, read);
    return { chunks, files: [], failures: chunks.length > 0 ? [] : [noChunks(inputs.store.name)] };
  }
  if ('chunksFile' in inputs) {
    const read = () => readChunksJsonl(inputs.chunksFile, shared);
    const chunks = await clock.time('read', 'chunks', (found) => found.length, read);
    return { chunks, files: [], failures: chunks.length > 0 ? [] : [noChunks(inputs.chunksFile)] };
  }
  const { transcripts, chunkTokens: maxTokens, chunkOverlap: overlapTokens, ...others } = inputs;
  const reading = { maxTokens, overlapTokens, ...others };
  const parse = async () => {
    const ingested: Ingested & {
      files: IngestedFile[];
      failures: { source: string; error: MillraceError }[];
    } = { chunks: [], files: [], failures: [] };
    for await (const item of ingestTranscripts(transcripts, { ...shared, ...reading, exclude })) {
      if (item.state === 'failed') ingested.failures.push(item);
      if (item.state !== 'done') continue;
      ingested.files.push(item.file);
      for (const chunk of item.chunks()) ingested.chunks.push(chunk);
    }
    return ingested;
  };
  return clock.time('parse', 'files', ({ files }) => files.length, parse);
}

function noChunks(source: string): Ingested['failures'][number] {
  return { source, error: new MillraceError('MILLRACE_UNREADABLE_INPUT', 'no chunks in it') };
}

function nothingDone(failures: Ingested['failures']): MillraceError {
  const reasons = failures.map((failure) => `\n  ${failure.source}: ${reasonOf(failure)}`).join('');
  return new MillraceError(
    'MILLRACE_NOTHING_DONE',
    `there is nothing to compare: no input gave a chunk${reasons}`,
  );
}
