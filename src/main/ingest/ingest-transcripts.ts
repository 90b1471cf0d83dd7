import { z } from 'zod';
import { MillraceError } from '../../shared/errors.js';
import { type ChunkStrategy, chunkLimits } from '../../shared/kernels/chunking.js';
import { MIN_MAX_TOKENS } from '../../shared/kernels/pieces.js';
import type { CleaningOptions } from '../../shared/kernels/transcripts/clean-cues.js';
import { encodingNamed } from '../../shared/kernels/transcripts/decode.js';
import type { TranscriptResult } from '../../shared/kernels/transcripts/transcript-job.js';
import { checkOptions, count } from '../../shared/options.js';
import type { ProgressSink } from '../../shared/progress.js';
import type { Chunk, TokenEncoding } from '../../shared/transcript.js';
import type { ComputePool } from '../compute/compute-pool.js';
import { defaultPool } from '../compute/default-pool.js';
import type { Step } from '../run/step.js';
import { streamConcurrent } from '../run/stream-concurrent.js';
import type { FindInputsOptions, InputPath } from './find-inputs.js';
import { groupSources } from './group-sources.js';
import { type ReadFile, readGroup } from './read-group.js';
import type { TranscriptSource } from './transcript-source.js';
import { transcriptSources } from './transcript-sources.js';

export interface IngestOptions extends FindInputsOptions {
  /** No chunk has more tokens. From 8. Default: 512. */
  maxTokens?: number;
  /**
   * How many tokens a chunk repeats from the one before, at most; less than half of `maxTokens`. Default: 64, or an
   * eighth of `maxTokens` if that is less.
   */
  overlapTokens?: number;
  /** Whose tokens are counted. Default: `cl100k_base`. */
  tokenizer?: TokenEncoding;
  /** Where chunks end. Default: `sentence`. */
  strategy?: ChunkStrategy;
  /** Of the strategy `window`. Default: 60,000. */
  windowMs?: number;
  /** What is taken out of captions before. Default: only what rolling captions repeat. */
  cleaning?: CleaningOptions;
  /** The encoding of the files' characters, by any label of the WHATWG standard. Default: found for each file. */
  encoding?: string;
  /** Default: the pool that all calls share. */
  pool?: ComputePool;
  /** How many groups of small files, or large files, are worked on at once. Default: two for each thread of the pool. */
  concurrency?: number;
  signal?: AbortSignal;
  /** Counts `files`, label `parse`, with the bytes read so far. */
  progress?: ProgressSink;
  /**
   * Tells the SHA-256, in hexadecimal digits, of what a file had in it when it was done before. If it still has that, it
   * is not parsed, and its record has the state `known`.
   */
  knownSha256?: (source: string) => string | undefined;
}

/** A file that was read and cut into chunks. */
export interface IngestedFile extends Omit<TranscriptResult, 'jsonl' | 'signature'> {
  source: string;
  bytes: number;
  /** Of the file's bytes, in hexadecimal digits. */
  sha256: string;
}

/** What became of a file. */
export type IngestedTranscript =
  | {
      readonly state: 'done';
      readonly file: IngestedFile;
      /** The chunks as lines of JSON, as they stand in a `chunks.jsonl`. */
      readonly jsonl: string;
      /** What `NearDuplicates` compares; null for a text of fewer than 9 letters. */
      readonly signature: Uint8Array | null;
      /** From the bytes to the chunks. */
      readonly elapsedMs: number;
      /** The chunks as objects, parsed at each call. */
      chunks(): Chunk[];
    }
  | { readonly state: 'known'; readonly source: string; readonly sha256: string; readonly bytes: number }
  | { readonly state: 'failed'; readonly source: string; readonly error: MillraceError };

const optionsSchema = z.object({
  maxTokens: count(MIN_MAX_TOKENS).optional(),
  overlapTokens: count(0).optional(),
  encoding: z.string('expected the name of an encoding').optional(),
  tokenizer: z.enum(['cl100k_base', 'o200k_base'], "expected 'cl100k_base' or 'o200k_base'").optional(),
  strategy: z
    .enum(['sentence', 'fixed', 'speaker', 'window'], "expected 'sentence', 'fixed', 'speaker' or 'window'")
    .optional(),
  windowMs: count(1).optional(),
  cleaning: z
    .strictObject({
      rollingCaptions: z.boolean('expected true or false').optional(),
      sounds: z.enum(['keep', 'drop'], "expected 'keep' or 'drop'").optional(),
      speakers: z.boolean('expected true or false').optional(),
    })
    .optional(),
  concurrency: count(1).optional(),
});

/**
 * Reads transcripts and cuts them into chunks: this thread reads archives, the pool's threads read files, decode,
 * parse, cut and count. Inputs are files, folders, globs and archives, as `transcriptSources` tells. The results come in the
 * order of the inputs, and memory doesn't grow with their number. A file that can't be read, is empty, isn't text or
 * has no cue is a failure with its reason, and the others go on.
 *
 * @throws MillraceError `MILLRACE_INVALID_ARGUMENT`; `MILLRACE_DUPLICATE_KEY` for two files with one source;
 * `signal.reason` after an abort.
 *
 * @example
 * for await (const item of ingestTranscripts(['talks/', 'archive.zip'], { maxTokens: 256 })) {
 *   if (item.state === 'done') console.log(item.file.source, item.chunks().length);
 * }
 */
export async function* ingestTranscripts(
  inputs: readonly (string | InputPath)[],
  options: IngestOptions = {},
): AsyncGenerator<IngestedTranscript, void, void> {
  const checked = checkOptions('ingestTranscripts', optionsSchema, options);
  const { tokenizer = 'cl100k_base', encoding, strategy, windowMs, cleaning } = checked;
  const { maxTokens, overlapTokens } = chunkLimits(checked);
  if (encoding !== undefined) encodingNamed(encoding);
  const { pool = defaultPool(), signal, progress, knownSha256 } = options;
  using use = pool.begin('transcripts');
  const { cwd, exclude, onPassedOver } = options;
  const { sources, count: total } = await transcriptSources(inputs, {
    ...(cwd !== undefined && { cwd }),
    ...(exclude && { exclude }),
    ...(onPassedOver && { onPassedOver }),
    signal,
  });
  const reader = {
    use,
    options: { maxTokens, overlapTokens, tokenizer, strategy, windowMs, cleaning, encoding },
    knownSha256,
  };
  const done = { files: 0, bytes: 0 };
  const step: Step<readonly TranscriptSource[], ReadFile[]> = async (group, context) => {
    const files = await readGroup(group, reader, context.signal);
    done.files += files.length;
    for (const { result } of files) if (!(result instanceof MillraceError)) done.bytes += result.bytes;
    return files;
  };
  const { concurrency = 2 * pool.threads } = options;
  const groups = streamConcurrent(groupSources(sources, { read: done, total, concurrency }), step, {
    concurrency,
    ordered: true,
    signal,
    label: 'parse',
    progress:
      progress &&
      (({ label }) =>
        progress({
          label,
          done: done.files,
          bytes: done.bytes,
          ...(total !== undefined && { total }),
          unit: 'files',
        })),
  });
  for await (const group of groups) {
    if (group.state !== 'done') throw group.error;
    for (const file of group.value) yield ingested(file);
  }
}

function ingested({ source, result }: ReadFile): IngestedTranscript {
  if (result instanceof MillraceError) return { state: 'failed', source, error: result };
  const { bytes, sha256, transcript, elapsedMs } = result;
  if (transcript === null) return { state: 'known', source, sha256, bytes };
  const { jsonl, signature, ...facts } = transcript;
  return {
    state: 'done',
    file: { source, bytes, sha256, ...facts },
    jsonl,
    signature,
    elapsedMs,
    chunks: () => chunksOf(jsonl),
  };
}

function chunksOf(jsonl: string): Chunk[] {
  return jsonl.split('\n').flatMap((line) => (line === '' ? [] : (JSON.parse(line) as Chunk)));
}
