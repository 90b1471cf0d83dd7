import { type Command, Option } from 'commander';
import { type ChunkStrategy, chunkLimits } from '../../shared/kernels/chunking.js';
import { MIN_MAX_TOKENS } from '../../shared/kernels/pieces.js';
import type { TokenEncoding } from '../../shared/transcript.js';
import { characterEncoding, wholeNumber } from './option-values.js';
import { UsageError } from './program.js';

const DEFAULT_WINDOW_SECONDS = 60;

/** The options of every command that reads transcripts. */
export interface ReadingOptions {
  chunkTokens: number;
  chunkOverlap?: number;
  chunkStrategy: ChunkStrategy;
  window?: number;
  tokenizer: TokenEncoding;
  sounds: 'keep' | 'drop';
  speakers?: true;
  encoding?: string;
}

export function addReadingOptions(command: Command): Command {
  return command
    .option('--chunk-tokens <n>', 'the most tokens that a chunk may have', wholeNumber(MIN_MAX_TOKENS), 512)
    .option(
      '--chunk-overlap <n>',
      'how many tokens a chunk repeats of the one before, at most (default: 64, or an eighth of --chunk-tokens)',
      wholeNumber(0),
    )
    .addOption(
      new Option(
        '--chunk-strategy <name>',
        'where chunks end: after sentences, when full, with each turn or window',
      )
        .choices(['sentence', 'fixed', 'speaker', 'window'])
        .default('sentence'),
    )
    .option('--window <seconds>', 'of --chunk-strategy window (default: 60)', wholeNumber(1))
    .addOption(
      new Option('--sounds <what>', 'notes such as [Applause] and music')
        .choices(['keep', 'drop'])
        .default('keep'),
    )
    .option('--speakers', 'take names such as ">> ALICE:" out of captions')
    .addOption(
      new Option('--tokenizer <name>', 'which tokens are counted')
        .choices(['cl100k_base', 'o200k_base'])
        .default('cl100k_base'),
    )
    .option(
      '--encoding <name>',
      'of the files, such as windows-1252 (default: found for each file)',
      characterEncoding,
    );
}

/**
 * What they mean.
 *
 * @throws UsageError for a window without its strategy; MillraceError `MILLRACE_INVALID_ARGUMENT` for an overlap that is
 * too large
 */
export function readingOf(options: ReadingOptions) {
  const {
    chunkTokens,
    chunkOverlap,
    chunkStrategy: strategy,
    window,
    tokenizer,
    sounds,
    speakers = false,
    encoding,
  } = options;
  if (window !== undefined && strategy !== 'window')
    throw new UsageError(`--window ${window} goes with --chunk-strategy window, received ${strategy}`);
  const limits = chunkLimits({ maxTokens: chunkTokens, overlapTokens: chunkOverlap });
  const cutting = { ...limits, strategy, windowMs: (window ?? DEFAULT_WINDOW_SECONDS) * 1000, tokenizer };
  return { ...cutting, cleaning: { sounds, speakers }, ...(encoding !== undefined && { encoding }) };
}
