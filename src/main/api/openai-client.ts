import type { Step } from '../run/step.js';
import { type Answer, ApiConnection, type CallOptions } from './api-connection.js';
import { connectionSettings, type OpenAiClientOptions } from './client-options.js';
import type {
  ChatAnswer,
  ChatDelta,
  ChatRequest,
  EmbeddingAnswer,
  EmbeddingRequest,
} from './openai-shapes.js';
import { readChat, readDelta, readEmbeddings, readObject, readUsage } from './read-answer.js';
import { failedAnswer, type Redact, responseError } from './response-error.js';
import { serverSentEvents } from './server-sent-events.js';

type Fields = Readonly<Record<string, unknown>>;

/** Ends a stream of events. */
const STREAM_END = '[DONE]';

/**
 * A client for servers that speak OpenAI's protocol: OpenAI, vLLM, Ollama, llama.cpp and others. It makes each call
 * once, and says of each failure what may be done about it; retries, limits and timeouts are policies around it.
 *
 * All calls reject with MillraceError `MILLRACE_CALL_FAILED`:
 *
 * - `retryable`, with `retryAfterMs`: 429 and its like.
 * - `transient`: 5xx; connections that failed (`sent: false`) or were cut off; answers that are cut off, no JSON, or
 *   without what belongs into them (`sent: true`).
 * - `fatal` for the item: 400, 404 and the rest of 4xx. `fatal` for the run: no quota left, a bad key.
 *
 * A call that its signal ends rejects with the signal's reason. No error holds the key or what was sent.
 */
export class OpenAiClient implements AsyncDisposable {
  readonly #connection: ApiConnection;
  readonly #redact: Redact;

  /** @internal See {@link createOpenAiClient}. */
  constructor(options: OpenAiClientOptions) {
    const settings = connectionSettings(options);
    this.#connection = new ApiConnection(settings);
    this.#redact = settings.redact;
  }

  /**
   * Embeds texts.
   *
   * @example
   * const { embeddings, usage } = await client.embed({ model: 'text-embedding-3-small', input: ['a mill', 'a wheel'] });
   */
  async embed(request: EmbeddingRequest, options: CallOptions = {}): Promise<EmbeddingAnswer> {
    const count = typeof request.input === 'string' ? 1 : request.input.length;
    const answer = await this.#connection.post(
      '/embeddings',
      { ...request, encoding_format: 'base64' },
      options,
    );
    const body = await this.#read(answer, options);
    return { embeddings: readEmbeddings(answer.call, body, count), usage: readUsage(body) };
  }

  /**
   * Asks for the answer of a chat, as a whole.
   *
   * @example
   * const { text } = await client.complete({ model, messages: [{ role: 'user', content: 'Why?' }], max_tokens: 100 });
   */
  async complete(request: ChatRequest, options: CallOptions = {}): Promise<ChatAnswer> {
    const answer = await this.#connection.post('/chat/completions', { ...request, stream: false }, options);
    return readChat(answer.call, await this.#read(answer, options));
  }

  /**
   * Asks for the answer of a chat, piece by piece. The last piece has the usage. A loop that is left cuts it off.
   *
   * @example
   * for await (const { text } of client.streamComplete({ model, messages })) process.stdout.write(text);
   */
  async *streamComplete(
    request: ChatRequest,
    options: CallOptions = {},
  ): AsyncGenerator<ChatDelta, void, void> {
    const content = { ...request, stream: true, stream_options: { include_usage: true } };
    const answer = await this.#connection.post('/chat/completions', content, options);
    const { call, headers } = answer;
    options.context?.report({ sent: true, headers });
    try {
      let isOver = false;
      for await (const data of serverSentEvents(answer.body)) {
        if (data === STREAM_END) return;
        const body = this.#checked(answer, readObject(call, data));
        const delta = readDelta(body);
        isOver ||= delta.finishReason !== null;
        if (delta.usage !== undefined) options.context?.report({ usage: delta.usage });
        yield delta;
      }
      // Some servers end without a word, but not in the middle of an answer.
      if (!isOver) throw failedAnswer(`${call}: the answer ended before its end`);
    } catch (thrown) {
      throw answer.failure(thrown);
    } finally {
      answer.end();
    }
  }

  /** Takes no more calls; ends when those under way have ended and all connections are closed. */
  close(): Promise<void> {
    return this.#connection.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #read(answer: Answer, { context }: CallOptions): Promise<Fields> {
    const { call, headers } = answer;
    context?.report({ sent: true, headers });
    try {
      const body = this.#checked(answer, readObject(call, await answer.text()));
      const usage = readUsage(body);
      if (usage !== undefined) context?.report({ usage });
      return body;
    } catch (thrown) {
      throw answer.failure(thrown);
    } finally {
      answer.end();
    }
  }

  /** Some servers tell of an error with a status of success, or in the middle of a stream. */
  #checked({ call, headers }: Answer, body: Fields): Fields {
    const { error } = body;
    if (error === undefined || error === null) return body;
    const facts = typeof error === 'object' ? error : { message: error };
    throw responseError(call, { status: 200, headers, error: facts }, this.#redact);
  }
}

/**
 * A client for OpenAI's API, or for another server that speaks its protocol: see {@link OpenAiClient}.
 *
 * @throws MillraceError `MILLRACE_INVALID_ARGUMENT`
 *
 * @example
 * const client = createOpenAiClient({ baseUrl: 'http://127.0.0.1:8080/v1', connections: 64 });
 * const step = withPolicies(
 *   chatStep(client, (chunk) => ({ model, messages: [{ role: 'user', content: chunk.text }], max_tokens: 200 })),
 *   retry(),
 *   tokenBudget(limiter, { estimateTokens: (chunk) => ({ inputTokens: chunk.tokens, outputTokens: 200 }) }),
 * );
 * await settleConcurrent(chunks, step, { concurrency: 64 });
 */
export function createOpenAiClient(options: OpenAiClientOptions = {}): OpenAiClient {
  return new OpenAiClient(options);
}

/**
 * A step that asks for the answer of a chat, and tells the policies around it what was sent and used.
 *
 * @param toRequest - makes the request of an item
 */
export function chatStep<I>(client: OpenAiClient, toRequest: (input: I) => ChatRequest): Step<I, ChatAnswer> {
  return (input, context) => client.complete(toRequest(input), { context });
}

/**
 * A step that embeds the texts of an item, and tells the policies around it what was sent and used.
 *
 * @param toRequest - makes the request of an item
 */
export function embedStep<I>(
  client: OpenAiClient,
  toRequest: (input: I) => EmbeddingRequest,
): Step<I, EmbeddingAnswer> {
  return (input, context) => client.embed(toRequest(input), { context });
}
