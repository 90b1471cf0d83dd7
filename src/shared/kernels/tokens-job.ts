import type { TokenEncoding } from '../transcript.js';
import type { TaskContext } from '../worker-task.js';
import { type PackedTexts, unpackText } from './packed-texts.js';
import { loadTokenCounter } from './tokens.js';

/** A run of texts whose tokens are counted. */
export interface TokensJob {
  texts: PackedTexts;
  /** The first text, and the one behind the last. */
  from: number;
  to: number;
  tokenizer: TokenEncoding;
}

/** The number of tokens of each text of the run. */
export async function countPacked(job: TokensJob, context: TaskContext): Promise<Uint32Array<ArrayBuffer>> {
  const { texts, from, to, tokenizer } = job;
  const count = await loadTokenCounter(tokenizer);
  const counts = new Uint32Array(to - from);
  for (let i = from; i < to; i++) {
    context.throwIfCancelled();
    counts[i - from] = count(unpackText(texts, i));
  }
  return counts;
}
