import type { Command } from 'commander';
import { wholeNumber } from './option-values.js';

/** The options of every command that embeds by a server. */
export interface EmbeddingOptions {
  baseUrl?: string;
  model: string;
  dimensions?: number;
  tpm?: number;
  rpm?: number;
  concurrency: number;
}

export function addEmbeddingOptions(command: Command): Command {
  return command
    .option(
      '--base-url <url>',
      "of the server, with the version (default: OPENAI_BASE_URL, else OpenAI's own)",
    )
    .option('--model <name>', 'the model', 'text-embedding-3-small')
    .option('--dimensions <n>', 'of the vectors, for models that let one choose', wholeNumber(1))
    .option('--tpm <n>', 'tokens a minute that the server allows (default: no limit)', wholeNumber(1))
    .option('--rpm <n>', 'requests a minute that it allows (default: no limit)', wholeNumber(1))
    .option('--concurrency <n>', 'requests under way at once', wholeNumber(1), 32);
}
