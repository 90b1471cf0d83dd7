import { z } from 'zod';
import { checkOptions } from '../../shared/options.js';
import type { ProgressSink } from '../../shared/progress.js';
import type { TokenEncoding } from '../../shared/transcript.js';
import { runConcurrent } from '../run/run-concurrent.js';
import type { ComputePool } from './compute-pool.js';
import { defaultPool } from './default-pool.js';

export interface CountTokensOptions {
  /** Whose tokens are counted. Default: `cl100k_base`. */
  tokenizer?: TokenEncoding;
  /** Default: the pool that all calls share. */
  pool?: ComputePool;
  signal?: AbortSignal;
  /** Counts `texts`, label `tokens`. */
  progress?: ProgressSink;
}

const schema = z.object({
  tokenizer: z.enum(['cl100k_base', 'o200k_base'], "expected 'cl100k_base' or 'o200k_base'").optional(),
});

/** Enough runs that threads finish together, and none so small that a message costs more than it. */
const RUNS_A_THREAD = 8;
const MIN_RUN_UNITS = 65_536;
const MAX_RUN_UNITS = 4 * 2 ** 20;

/**
 * The exact number of tokens of each text, counted in worker threads: what `countTokens` gives, for many texts. The
 * texts are handed over as strings, a part at a time.
 *
 * @throws MillraceError `MILLRACE_INVALID_ARGUMENT`; `signal.reason` after an abort.
 *
 * @example
 * const counts = await countTokensOf(['hello world', 'again'], { tokenizer: 'o200k_base' }); // Uint32Array [2, 1]
 */
export async function countTokensOf(
  texts: readonly string[],
  options: CountTokensOptions = {},
): Promise<Uint32Array<ArrayBuffer>> {
  const { tokenizer = 'cl100k_base' } = checkOptions('countTokensOf', schema, options);
  const { pool = defaultPool(), signal, progress } = options;
  signal?.throwIfAborted();
  const counts = new Uint32Array(texts.length);
  using use = pool.begin('tokens');
  let done = 0;
  progress?.({ label: 'tokens', done, total: texts.length, unit: 'texts' });
  await runConcurrent(
    runsOf(texts, pool.threads),
    async ({ from, to }, context) => {
      const job = { texts: texts.slice(from, to), tokenizer };
      counts.set(await use.run('tokens', job, { signal: context.signal }), from);
      done += to - from;
      progress?.({ label: 'tokens', done, total: texts.length, unit: 'texts' });
    },
    { concurrency: 2 * pool.threads, signal },
  );
  return counts;
}

/** Runs of texts with about as many UTF-16 units each. */
function* runsOf(texts: readonly string[], threads: number): Iterable<{ from: number; to: number }> {
  const total = texts.reduce((sum, text) => sum + text.length, 0);
  const share = Math.max(MIN_RUN_UNITS, Math.min(MAX_RUN_UNITS, total / (threads * RUNS_A_THREAD)));
  let from = 0;
  let units = 0;
  for (let to = 1; to <= texts.length; to++) {
    units += texts[to - 1]!.length;
    if (to < texts.length && units < share) continue;
    yield { from, to };
    from = to;
    units = 0;
  }
}
