import { z } from 'zod';
import { errorMessage, MillraceError } from '../../shared/errors.js';
import { checkOptions, count } from '../../shared/options.js';
import type { ProgressSink } from '../../shared/progress.js';
import { SharedMatrix } from '../../shared/shared-matrix.js';
import type { Step } from '../run/step.js';
import { streamConcurrent } from '../run/stream-concurrent.js';
import { withPolicies } from '../run/with-policies.js';
import { callPolicies, DEFAULT_CONCURRENCY } from './call-policies.js';
import {
  embeddingBatches,
  MOST_ITEMS,
  MOST_TOKENS,
  type TextToEmbed,
  tokensOf,
} from './embedding-batches.js';
import type { OpenAiClient } from './openai-client.js';

export interface EmbedTextsOptions {
  client: OpenAiClient;
  model: string;
  /** How long a vector is to be, for models that let one choose. Default: the model's own. */
  dimensions?: number | undefined;
  /** Default: none. */
  tokensPerMinute?: number | undefined;
  /** Default: none. */
  requestsPerMinute?: number | undefined;
  /** How many requests are under way at once. Default: 32. */
  concurrency?: number | undefined;
  /** The most texts of a request. Default: 128. */
  maxItems?: number | undefined;
  /** The most tokens of a request, as far as a text alone has not more. Default: 8,000. */
  maxTokens?: number | undefined;
  /** How long an attempt may take. Default: 60,000. */
  timeoutMs?: number | undefined;
  /** Keeps what was paid for: the same call made again goes on where it was. Default: none. */
  journal?: string | undefined;
  signal?: AbortSignal | undefined;
  /** Counts texts; the label is `embed`. Its note tells of attempts that failed. */
  progress?: ProgressSink | undefined;
}

export interface EmbeddedTexts {
  /** A row for each text, in their order. */
  readonly vectors: SharedMatrix;
  /** How many there had to be, those of an earlier run included. */
  readonly requests: number;
  /** As the server counted them, those of an earlier run included; 0 if it doesn't. */
  readonly inputTokens: number;
}

/** What a request gave. Plain data, so that a journal keeps it. */
interface EmbeddedBatch {
  readonly vectors: readonly Float32Array[];
  readonly inputTokens: number;
}

/** So much of an error is shown while others are tried. */
const MAX_MESSAGE_LENGTH = 100;

const schema = z.object({
  model: z.string('expected the name of a model').min(1, 'expected the name of a model'),
  dimensions: count(1).optional(),
  concurrency: count(1).optional(),
  maxItems: count(1, 2048).optional(),
  maxTokens: count(1).optional(),
  timeoutMs: count(1).optional(),
});

/**
 * Embeds texts by a server that speaks OpenAI's protocol, many in a request, within its limits, and tries again what may
 * succeed later. Equal texts are embedded as often as they come.
 *
 * @throws MillraceError `MILLRACE_INVALID_ARGUMENT`; the error of a request that failed for good, when all others have
 * ended: with a journal nothing of them is lost; `MILLRACE_INVALID_INPUT` if vectors differ in length;
 * `signal.reason`
 *
 * @example
 * await using client = createOpenAiClient();
 * const { vectors } = await embedTexts(chunks, {
 *   client, model: 'text-embedding-3-small', tokensPerMinute: 1_000_000, requestsPerMinute: 3000, journal: 'embed.jsonl',
 * });
 */
export async function embedTexts(
  texts: readonly TextToEmbed[],
  options: EmbedTextsOptions,
): Promise<EmbeddedTexts> {
  const {
    model,
    dimensions,
    concurrency = DEFAULT_CONCURRENCY,
    maxItems = MOST_ITEMS,
    maxTokens = MOST_TOKENS,
  } = options;
  checkOptions('embedTexts', schema, {
    model,
    dimensions,
    concurrency,
    maxItems,
    maxTokens,
    timeoutMs: options.timeoutMs,
  });
  const batches = embeddingBatches(texts, maxItems, maxTokens);
  const results: EmbeddedBatch[] = [];
  let failure: MillraceError | undefined;
  let done = 0;
  const tell = (note?: string) =>
    options.progress?.({
      label: 'embed',
      done,
      total: texts.length,
      unit: 'texts',
      ...(note !== undefined && { note }),
    });
  tell();
  let failed = 0;
  const onFailure = (error: unknown) => {
    failed++;
    const attempts = failed === 1 ? 'attempt' : 'attempts';
    tell(`${failed} failed ${attempts}, the last: ${shortened(errorMessage(error))}`);
  };
  const outcomes = streamConcurrent(batches, stepOf(options, onFailure), {
    concurrency,
    signal: options.signal,
    label: 'embed',
    ...(options.journal !== undefined && {
      journal: { path: options.journal, settings: { model, dimensions: dimensions ?? null } },
    }),
  });
  for await (const outcome of outcomes) {
    if (outcome.state === 'done') {
      results[outcome.index] = outcome.value;
      done += batches[outcome.index]!.length;
      tell();
    } else if (outcome.state !== 'notRun') failure ??= outcome.error;
  }
  if (failure !== undefined) throw failure;
  return {
    vectors: matrixOf(results),
    requests: batches.length,
    inputTokens: results.reduce((sum, { inputTokens }) => sum + inputTokens, 0),
  };
}

function shortened(message: string): string {
  return message.length > MAX_MESSAGE_LENGTH ? `${message.slice(0, MAX_MESSAGE_LENGTH)}…` : message;
}

function stepOf(
  options: EmbedTextsOptions,
  onFailure: (error: unknown) => void,
): Step<readonly TextToEmbed[], EmbeddedBatch> {
  const { client, model, dimensions, tokensPerMinute, requestsPerMinute, timeoutMs } = options;
  const call: Step<readonly TextToEmbed[], EmbeddedBatch> = async (batch, context) => {
    const input = batch.map(({ text }) => text);
    const request = { model, input, ...(dimensions !== undefined && { dimensions }) };
    try {
      const { embeddings, usage } = await client.embed(request, { context });
      return { vectors: embeddings, inputTokens: usage?.inputTokens ?? 0 };
    } catch (error) {
      if (!context.signal.aborted) onFailure(error);
      throw error;
    }
  };
  const estimateTokens = (batch: readonly TextToEmbed[]) => ({
    inputTokens: tokensOf(batch),
    outputTokens: 0,
  });
  return withPolicies(
    call,
    ...callPolicies({ rates: { tokensPerMinute, requestsPerMinute }, estimateTokens, timeoutMs }),
  );
}

function matrixOf(batches: readonly EmbeddedBatch[]): SharedMatrix {
  const rows = batches.flatMap(({ vectors }) => vectors);
  const columns = rows[0]?.length ?? 0;
  const other = rows.findIndex((row) => row.length !== columns);
  if (other !== -1) {
    const problem = `text ${other} has a vector of ${rows[other]!.length} numbers, the first one's has ${columns}`;
    throw new MillraceError('MILLRACE_INVALID_INPUT', `embedTexts: ${problem}`);
  }
  const matrix = SharedMatrix.create(rows.length, columns);
  for (const [i, row] of rows.entries()) matrix.data.set(row, i * columns);
  return matrix;
}
