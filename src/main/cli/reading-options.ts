import { type Command, Option } from 'commander';
import { chunkLimits } from '../../shared/kernels/chunking.js';
import { MIN_MAX_TOKENS } from '../../shared/kernels/pieces.js';
import type { TokenEncoding } from '../../shared/transcript.js';
import { characterEncoding, wholeNumber } from './option-values.js';

/** The options of every command that reads transcripts. */
export interface ReadingOptions {
  chunkTokens: number;
  chunkOverlap?: number;
  tokenizer: TokenEncoding;
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

/** What they mean. @throws MillraceError `MILLRACE_INVALID_ARGUMENT` for an overlap that is too large */
export function readingOf({ chunkTokens, chunkOverlap, tokenizer, encoding }: ReadingOptions) {
  const limits = chunkLimits({ maxTokens: chunkTokens, overlapTokens: chunkOverlap });
  return { ...limits, tokenizer, ...(encoding !== undefined && { encoding }) };
}
