import { z } from 'zod';
import { type EmbeddingJob, FREQUENCY_BUCKETS } from '../../shared/kernels/lexical-embedding.js';
import { packTexts } from '../../shared/kernels/packed-texts.js';
import { checkOptions, count } from '../../shared/options.js';
import type { ProgressSink } from '../../shared/progress.js';
import { SharedMatrix } from '../../shared/shared-matrix.js';
import type { ComputePool, PoolUse } from './compute-pool.js';
import { defaultPool } from './default-pool.js';

export interface LexicalEmbeddingOptions {
  /** The length of a row. More keep more features apart: chance similarity is about ±1/√dimensions. Default: 512. */
  dimensions?: number;
  /** Default: {@link defaultPool}. */
  pool?: ComputePool;
  /** Cancels between two tiles; the call then rejects with `signal.reason`. */
  signal?: AbortSignal;
  /** Told of every finished tile, in texts. They are read twice: after the first pass each is half done. */
  progress?: ProgressSink;
}

const DEFAULT_DIMENSIONS = 512;
const TEXTS_PER_TILE = 32;

const optionsSchema = z.object({
  dimensions: count(1, 65_536).default(DEFAULT_DIMENSIONS),
});

/**
 * Embeds texts by the words in them: without a model, a download or a network, and with the same bytes on every
 * machine and for every number of threads.
 *
 * It finds texts alike that share words, phrases and word stems, in any language; what only few of the texts
 * share counts most (the formula stands in `shared/kernels/lexical-embedding`). It knows nothing of meaning:
 * synonyms and translations are strangers to it, and so are two texts about one subject in different words. Rows
 * depend on the whole list, since words are weighed by how many of the texts have them: compare rows of one call
 * only.
 *
 * @returns n × dimensions, row-major, in the order of `texts`: unit vectors, so that the dot product of two rows
 * is their cosine similarity; zeros for a text without a letter or digit. Expect similarities of about 0.1
 * between talks on different subjects, 0.25 between passages on one, and 0.8 and more between near-duplicates.
 * @throws MillraceError `MILLRACE_INVALID_ARGUMENT` for options out of range; what the pool throws.
 *
 * @example
 * const embeddings = await embedLexically(chunks.map((chunk) => chunk.text));
 * const edges = await computeSimilarityEdges(embeddings, { threshold: 0.2 });
 */
export async function embedLexically(
  texts: readonly string[],
  options: LexicalEmbeddingOptions = {},
): Promise<SharedMatrix> {
  const { dimensions } = checkOptions('embedLexically', optionsSchema, options);
  options.signal?.throwIfAborted();
  const matrix = SharedMatrix.create(texts.length, dimensions);
  const frequencies = new Uint32Array(
    new SharedArrayBuffer(FREQUENCY_BUCKETS * Uint32Array.BYTES_PER_ELEMENT),
  );
  const job: Omit<EmbeddingJob, 'pass'> = {
    texts: packTexts(texts),
    textsPerTile: TEXTS_PER_TILE,
    documentFrequencies: frequencies.buffer,
    vectors: matrix.buffer,
    dimensions,
  };
  using use = (options.pool ?? defaultPool()).begin('embedding');
  await runPass({ ...job, pass: 'count' }, use, options, (buckets) => {
    for (const bucket of buckets ?? []) frequencies[bucket]!++;
  });
  await runPass({ ...job, pass: 'embed' }, use, options, () => {});
  return matrix;
}

/** The main thread adds up what tiles counted, each exactly once, even if a worker died and its tile was repeated. */
function runPass(
  job: EmbeddingJob,
  use: PoolUse,
  { signal, progress }: LexicalEmbeddingOptions,
  onPart: (buckets: Uint32Array | null) => void,
): Promise<void> {
  const { count: texts } = job.texts;
  const before = job.pass === 'count' ? 0 : texts;
  return use.runDivisible('embedding', job, {
    tiles: Math.ceil(texts / job.textsPerTile),
    onPart: (_tile, part) => onPart(part),
    ...(signal && { signal }),
    ...(progress && {
      onProgress: (tiles) => {
        const passed = before + Math.min(tiles * job.textsPerTile, texts);
        progress({ label: 'embedding', done: Math.floor(passed / 2), total: texts, unit: 'texts' });
      },
    }),
  });
}
