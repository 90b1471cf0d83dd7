import { MillraceError } from '../../shared/errors.js';
import type { ProgressSink } from '../../shared/progress.js';
import type { SharedMatrix } from '../../shared/shared-matrix.js';
import type { Chunk } from '../../shared/transcript.js';
import type { ComputePool } from '../compute/compute-pool.js';
import { embedLexically } from '../compute/lexical-embedder.js';
import { readMatrix } from '../ingest/read-matrix.js';
import type { GraphJob } from './graph-job.js';
import type { StageClock } from './stage-clock.js';

interface Shared {
  pool: ComputePool;
  signal?: AbortSignal;
  progress?: ProgressSink;
}

/** The vectors of a graph's chunks: from a file, from an embedder, or lexical. */
export async function graphVectors(
  { inputs, embedder }: Pick<GraphJob, 'inputs' | 'embedder'>,
  chunks: readonly Chunk[],
  clock: StageClock,
  shared: Shared,
): Promise<SharedMatrix> {
  if ('embeddingsFile' in inputs && inputs.embeddingsFile !== undefined) {
    const { chunksFile, embeddingsFile } = inputs;
    const read = () => readMatrix(embeddingsFile, shared);
    const matrix = await clock.time('read', 'vectors', ({ rows }) => rows, read);
    if (matrix.rows === chunks.length) return matrix;
    throw new MillraceError(
      'MILLRACE_INVALID_INPUT',
      `${embeddingsFile} has ${matrix.rows} rows and ${chunksFile} has ${chunks.length} chunks: row i belongs to line i`,
    );
  }
  const { signal, progress } = shared;
  const embed = () =>
    embedder === undefined
      ? embedLexically(
          chunks.map(({ text }) => text),
          shared,
        )
      : embedder.embed(chunks, { ...(signal && { signal }), ...(progress && { progress }) });
  return clock.time('embed', 'chunks', ({ rows }) => rows, embed);
}
