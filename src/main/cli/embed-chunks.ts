import { existsSync } from 'node:fs';
import { isMillraceError } from '../../shared/errors.js';
import type { ProgressSink } from '../../shared/progress.js';
import type { Chunk } from '../../shared/transcript.js';
import { type EmbeddedTexts, embedTexts } from '../api/embed-texts.js';
import { createOpenAiClient } from '../api/openai-client.js';
import type { EmbeddingOptions } from './embedding-options.js';

interface EmbedChunksOptions extends EmbeddingOptions {
  batchItems?: number;
  batchTokens?: number;
  journal: string;
  signal: AbortSignal;
  progress?: ProgressSink;
}

/** Embeds chunks by a server, as the command line asks for it, and says where to find what was done if it fails. */
export async function embedChunks(
  chunks: readonly Chunk[],
  options: EmbedChunksOptions,
): Promise<EmbeddedTexts> {
  const { baseUrl, model, dimensions, tpm, rpm, concurrency, journal } = options;
  await using client = createOpenAiClient({ baseUrl, connections: concurrency });
  try {
    return await embedTexts(chunks, {
      client,
      model,
      dimensions,
      tokensPerMinute: tpm,
      requestsPerMinute: rpm,
      concurrency,
      maxItems: options.batchItems,
      maxTokens: options.batchTokens,
      journal,
      signal: options.signal,
      progress: options.progress,
    });
  } catch (error) {
    // With other options it would not.
    const isRefused = isMillraceError(error) && error.refused !== undefined;
    if (existsSync(journal) && !isRefused)
      process.stderr.write(`what was done is in ${journal}: the same command goes on\n`);
    throw error;
  }
}
