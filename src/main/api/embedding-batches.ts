/** A text, and how many tokens it is expected to be. */
export interface TextToEmbed {
  readonly text: string;
  readonly tokens: number;
}

/** The most texts of a request, where nobody says. */
export const MOST_ITEMS = 128;
/** The most tokens of a request, where nobody says. */
export const MOST_TOKENS = 8000;

/**
 * Packs texts into requests, in their order, so that the same texts make the same requests in every run. A text that is
 * larger than `maxTokens` is a request of its own.
 */
export function embeddingBatches<T extends Pick<TextToEmbed, 'tokens'>>(
  texts: readonly T[],
  maxItems: number,
  maxTokens: number,
): T[][] {
  const batches: T[][] = [];
  let [batch, tokens]: [T[], number] = [[], 0];
  for (const text of texts) {
    if (batch.length > 0 && (batch.length === maxItems || tokens + text.tokens > maxTokens)) {
      batches.push(batch);
      [batch, tokens] = [[], 0];
    }
    batch.push(text);
    tokens += text.tokens;
  }
  if (batch.length > 0) batches.push(batch);
  return batches;
}

/** The tokens of a request. */
export function tokensOf(batch: readonly Pick<TextToEmbed, 'tokens'>[]): number {
  return batch.reduce((sum, { tokens }) => sum + tokens, 0);
}
