import { z } from 'zod';
import { checkOptions, count } from '../../shared/options.js';
import {
  embeddingBatches,
  MOST_ITEMS,
  MOST_TOKENS,
  type TextToEmbed,
  tokensOf,
} from './embedding-batches.js';
import { type Forecast, type ForecastOptions, forecastCalls } from './forecast-calls.js';

export interface ForecastEmbedTextsOptions extends ForecastOptions {
  /** As given to `embedTexts`. Default: 128. */
  maxItems?: number | undefined;
  /** As given to `embedTexts`. Default: 8,000. */
  maxTokens?: number | undefined;
}

const schema = z.object({ maxItems: count(1, 2048).optional(), maxTokens: count(1).optional() });

/**
 * Foretells how `embedTexts` will go with these texts, as if nothing of them had been done: see {@link forecastCalls}.
 * Its latencies are those of requests, its calls are requests, and there is no output.
 *
 * @throws as {@link forecastCalls}
 *
 * @example
 * const { wallMs, requests } = await forecastEmbedTexts(chunks, {
 *   server: { limits: { tokensPerMinute: 1_000_000 }, latencyMs: { median: 300, sigma: 0.3 } },
 * });
 */
export async function forecastEmbedTexts(
  texts: readonly Pick<TextToEmbed, 'tokens'>[],
  options: ForecastEmbedTextsOptions = {},
): Promise<Forecast> {
  const { maxItems = MOST_ITEMS, maxTokens = MOST_TOKENS, ...rest } = options;
  checkOptions('forecastEmbedTexts', schema, { maxItems, maxTokens });
  const batches = embeddingBatches(texts, maxItems, maxTokens);
  const calls = batches.map((batch) => ({ promptTokens: tokensOf(batch), maxTokens: 0 }));
  return forecastCalls(calls, rest);
}
