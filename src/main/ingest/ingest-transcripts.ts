import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import { compareCodePoints } from '../../shared/code-point-order.js';
import { MillraceError } from '../../shared/errors.js';
import { chunkLimits } from '../../shared/kernels/chunking.js';
import { MIN_MAX_TOKENS } from '../../shared/kernels/pieces.js';
import { encodingNamed } from '../../shared/kernels/transcripts/decode.js';
import type { TranscriptResult } from '../../shared/kernels/transcripts/transcript-job.js';
import { checkOptions, count } from '../../shared/options.js';
import type { ProgressSink } from '../../shared/progress.js';
import type { Chunk, TokenEncoding, TranscriptFormat, TranscriptWarning } from '../../shared/transcript.js';
import type { ComputePool } from '../compute/compute-pool.js';
import { defaultPool } from '../compute/default-pool.js';
import { settleConcurrent } from '../run/settle-concurrent.js';
import type { Step } from '../run/step.js';
import type { InputFailure, InputPath } from './find-inputs.js';
import { unreadableFile } from './unreadable-file.js';

export interface IngestOptions {
  /** No chunk has more tokens. From 8. Default: 512. */
  maxTokens?: number;
  /**
   * How many tokens a chunk repeats from the one before, at most; less than half of `maxTokens`. Default: 64, or an
   * eighth of `maxTokens` if that is less.
   */
  overlapTokens?: number;
  /** Whose tokens are counted. Default: `cl100k_base`. */
  tokenizer?: TokenEncoding;
  /** The encoding of the files' characters, by any label of the WHATWG standard. Default: found for each file. */
  encoding?: string;
  /** Default: the pool that all calls share. */
  pool?: ComputePool;
  /** How many files are in memory at once. Default: two for each thread of the pool. */
  concurrency?: number;
  signal?: AbortSignal;
  /** Counts `files`, label `parse`. */
  progress?: ProgressSink;
}

/** A file that was read. */
export interface IngestedFile {
  source: string;
  format: TranscriptFormat;
  /** The encoding of its characters. */
  encoding: string;
  /** In plain text, paragraphs. */
  cues: number;
  chunks: number;
  bytes: number;
  warnings: TranscriptWarning[];
}

/** Everything by source, in code point order, whichever file was done first. */
export interface IngestedTranscripts {
  chunks: Chunk[];
  files: IngestedFile[];
  failures: InputFailure[];
}

const optionsSchema = z.object({
  maxTokens: count(MIN_MAX_TOKENS).optional(),
  overlapTokens: count(0).optional(),
  encoding: z.string('expected the name of an encoding').optional(),
  tokenizer: z.enum(['cl100k_base', 'o200k_base'], "expected 'cl100k_base' or 'o200k_base'").optional(),
  concurrency: count(1).optional(),
});

/**
 * Reads transcripts and cuts them into chunks: this thread reads the files, the pool's threads decode, parse, cut
 * and count. A file that can't be read, is empty, isn't text or has no cue is a failure with its reason, and the
 * others go on.
 *
 * @throws MillraceError `MILLRACE_INVALID_ARGUMENT`; `MILLRACE_DUPLICATE_KEY` for two files with one source;
 * `signal.reason` after an abort.
 *
 * @example
 * const { files, failures } = await findInputs(['talks/']);
 * const { chunks } = await ingestTranscripts(files, { maxTokens: 256, overlapTokens: 32 });
 */
export async function ingestTranscripts(
  files: readonly InputPath[],
  options: IngestOptions = {},
): Promise<IngestedTranscripts> {
  const {
    tokenizer = 'cl100k_base',
    encoding,
    ...limits
  } = checkOptions('ingestTranscripts', optionsSchema, options);
  const { maxTokens, overlapTokens } = chunkLimits(limits);
  if (encoding !== undefined) encodingNamed(encoding);
  const inputs = sortedBySource(files);
  const { pool = defaultPool(), signal, progress } = options;

  using use = pool.begin('transcripts');
  const step: Step<InputPath, FileResult> = async ({ path, source }, context) => {
    const bytes = await readBytes(path, source, context.signal);
    const size = bytes.length;
    const job = { source, bytes, maxTokens, overlapTokens, tokenizer, encoding };
    const result = await use.run('transcripts', job, { signal: context.signal, transfer: [bytes.buffer] });
    return { ...result, bytes: size };
  };
  const outcomes = await settleConcurrent(inputs, step, {
    concurrency: options.concurrency ?? 2 * pool.threads,
    signal,
    label: 'parse',
    progress: progress && ((report) => progress({ ...report, unit: 'files' })),
  });

  const ingested: IngestedTranscripts = { chunks: [], files: [], failures: [] };
  for (const outcome of outcomes) {
    const { source } = inputs[outcome.index]!;
    if (outcome.state !== 'done') {
      ingested.failures.push({ source, error: outcome.error });
      continue;
    }
    const { chunks, ...file } = outcome.value;
    ingested.files.push({ source, ...file, chunks: chunks.length });
    for (const chunk of chunks) ingested.chunks.push(chunk);
  }
  return ingested;
}

type FileResult = TranscriptResult & { bytes: number };

/** A copy of the file in memory of its own, so that it can be moved to a worker. */
async function readBytes(
  path: string,
  source: string,
  signal: AbortSignal,
): Promise<Uint8Array<ArrayBuffer>> {
  try {
    return new Uint8Array(await readFile(path, { signal }));
  } catch (error) {
    signal.throwIfAborted();
    throw unreadableFile(source, error);
  }
}

function sortedBySource(files: readonly InputPath[]): InputPath[] {
  const sorted = [...files].sort((a, b) => compareCodePoints(a.source, b.source));
  sorted.forEach(({ source, path }, i) => {
    const before = sorted[i - 1];
    if (before?.source !== source) return;
    const problem = `two files have the source "${source}", expected different ones: ${before.path} and ${path}`;
    throw new MillraceError('MILLRACE_DUPLICATE_KEY', `ingestTranscripts: ${problem}`);
  });
  return sorted;
}
