import type { TokenEncoding } from '../transcript.js';
import type { TaskContext } from '../worker-task.js';
import { loadTokenCounter } from './tokens.js';

/** Texts whose tokens are counted. */
export interface TokensJob {
  texts: readonly string[];
  tokenizer: TokenEncoding;
}

/** The number of tokens of each text. */
export async function countEach(
  { texts, tokenizer }: TokensJob,
  context: TaskContext,
): Promise<Uint32Array<ArrayBuffer>> {
  const count = await loadTokenCounter(tokenizer);
  return Uint32Array.from(texts, (text) => {
    context.throwIfCancelled();
    return count(text);
  });
}
