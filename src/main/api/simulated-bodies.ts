import type { AdmittedCall } from './simulated-api.js';
import type { SimulatedChatRequest, SimulatedEmbeddingRequest } from './simulated-requests.js';
import { answerEmbedding, answerPieces } from './simulated-texts.js';

/** OpenAI's `text-embedding-3-small` has so many. */
const DEFAULT_DIMENSIONS = 1536;
/** An answer is streamed in at most so many pieces. */
const MOST_PIECES = 32;

/** What is the same in all parts of one answer. */
export interface AnswerIdentity {
  readonly id: string;
  /** Seconds since 1970. */
  readonly created: number;
  readonly seed: number;
}

/** The body of an answer to an embedding request. */
export function embeddingBody(
  { model, dimensions = DEFAULT_DIMENSIONS, encoding_format: format }: SimulatedEmbeddingRequest,
  texts: readonly string[],
  tokens: number,
): string {
  const data = texts.map((text, index) => {
    const vector = answerEmbedding(text, dimensions);
    const embedding =
      format === 'base64' ? Buffer.from(vector.buffer).toString('base64') : Array.from(vector);
    return { object: 'embedding', index, embedding };
  });
  return JSON.stringify({
    object: 'list',
    data,
    model,
    usage: { prompt_tokens: tokens, total_tokens: tokens },
  });
}

/** The body of the answer of a chat, as a whole. */
export function chatBody(
  request: SimulatedChatRequest,
  call: AdmittedCall,
  promptTokens: number,
  { id, created, seed }: AnswerIdentity,
): string {
  const content = answerPieces(call.outputTokens, seed).join('');
  return JSON.stringify({
    id,
    object: 'chat.completion',
    created,
    model: request.model,
    choices: [
      {
        index: 0,
        message: { role: 'assistant', content, refusal: null },
        logprobs: null,
        finish_reason: call.finishReason,
      },
    ],
    usage: usage(promptTokens, call.outputTokens),
  });
}

/** The `data` of the events of a streamed answer, without the one that ends it. */
export function chatEvents(
  request: SimulatedChatRequest,
  call: AdmittedCall,
  promptTokens: number,
  { id, created, seed }: AnswerIdentity,
): string[] {
  const hasUsage = request.stream_options?.include_usage === true;
  const event = (choices: object[], told: object | null) =>
    JSON.stringify({
      id,
      object: 'chat.completion.chunk',
      created,
      model: request.model,
      choices,
      ...(hasUsage && { usage: told }),
    });
  const choice = (delta: object, reason: string | null) =>
    event([{ index: 0, delta, logprobs: null, finish_reason: reason }], null);
  const pieces = answerPieces(call.outputTokens, seed);
  const size = Math.ceil(pieces.length / MOST_PIECES);
  const events = [choice({ role: 'assistant', content: '' }, null)];
  for (let i = 0; i < pieces.length; i += size)
    events.push(choice({ content: pieces.slice(i, i + size).join('') }, null));
  events.push(choice({}, call.finishReason));
  if (hasUsage) events.push(event([], usage(promptTokens, call.outputTokens)));
  return events;
}

function usage(promptTokens: number, outputTokens: number): object {
  return {
    prompt_tokens: promptTokens,
    completion_tokens: outputTokens,
    total_tokens: promptTokens + outputTokens,
  };
}
