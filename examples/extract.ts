/**
 * Asks a model about each chunk of a `chunks.jsonl`, one resumable chat call a chunk, with every policy in its place:
 *
 *   node examples/build/extract.js chunks.jsonl results.jsonl
 *
 * What it will take, before anything is paid for:
 *
 *   millrace forecast chunks.jsonl --tpm 990000 --rpm 9900 --concurrency 64 --prompt-tokens 30 --max-tokens 200
 *
 * The server is OPENAI_BASE_URL (for a rehearsal: `millrace simulate-api`), the key OPENAI_API_KEY. Ended in whatever
 * way, the same command goes on where it was: what was paid for is in `results.jsonl.journal`.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import {
  CircuitBreaker,
  cache,
  circuitBreaker,
  ErrorAggregator,
  Limiter,
  operationMetrics,
  retry,
  settleConcurrent,
  timeout,
  tokenBudget,
  withPolicies,
} from 'millrace';
import { chatStep, createOpenAiClient } from 'millrace/api';

interface Chunk {
  id: string;
  text: string;
  tokens: number;
}

const [, , input = 'chunks.jsonl', output = 'results.jsonl'] = process.argv;
const MODEL = process.env.MODEL ?? 'gpt-4o-mini';
const MAX_TOKENS = 200;
const CONCURRENCY = 64;
const PROMPT = 'List the people, places and ideas in the text, one a line.';

const chunks = readFileSync(input, 'utf8')
  .split('\n')
  .filter((line) => line !== '')
  .map((line) => JSON.parse(line) as Chunk);

const stop = new AbortController();
process.once('SIGINT', () => stop.abort(new Error('stopped by Ctrl-C')));

await using client = createOpenAiClient({ connections: CONCURRENCY });
// One hundredth is left free, so that estimates may be off.
const limiter = new Limiter({ tokensPerMinute: 990_000, requestsPerMinute: 9_900 });
const step = withPolicies(
  chatStep(client, ({ text }: Chunk) => ({
    model: MODEL,
    messages: [
      { role: 'system', content: PROMPT },
      { role: 'user', content: text },
    ],
    max_tokens: MAX_TOKENS,
  })),
  // Equal chunks are asked about once; a hit spends nothing.
  cache({ maxEntries: 10_000 }, { key: ({ text }: Chunk) => text }),
  // Whoever waits to try again holds neither a slot nor a permit, and each attempt is paid anew.
  retry({ maxAttempts: 6 }),
  // Breaker and budget are passed at once: who waits for one holds nothing of the other.
  circuitBreaker(new CircuitBreaker({ failureRate: 0.5 })),
  tokenBudget(limiter, {
    estimateTokens: ({ tokens }: Chunk) => ({ inputTokens: tokens + 30, outputTokens: MAX_TOKENS }),
  }),
  // The time of an attempt begins when it is let through.
  timeout(60_000),
);

const metrics = operationMetrics('extraction');
const errors = new ErrorAggregator<string>();
const outcomes = await settleConcurrent(chunks, step, {
  concurrency: CONCURRENCY,
  signal: stop.signal,
  key: ({ id }) => id,
  label: 'extraction',
  metrics,
  journal: { path: `${output}.journal`, version: '1', settings: { model: MODEL, prompt: PROMPT } },
  onError: (chunk, error) => errors.add(chunk.id, error),
});

const lines = outcomes.flatMap((outcome) =>
  outcome.state === 'done' ? [`${JSON.stringify({ id: outcome.key, text: outcome.value.text })}\n`] : [],
);
writeFileSync(output, lines.join(''));
process.stderr.write(`${lines.length} of ${chunks.length} chunks done\n`);
if (errors.hasErrors()) errors.logSummary();
if (lines.length < chunks.length) process.exitCode = 3;
