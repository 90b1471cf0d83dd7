import { z } from 'zod';
import { estimateTokens } from '../../shared/kernels/estimate-tokens.js';
import { loadTokenCounter, type TokenCounter } from '../../shared/kernels/tokens.js';

const content = z.union([z.string(), z.array(z.looseObject({ text: z.string().optional() })), z.null()]);
const limit = z.int().min(1).optional().nullable();

/** The body of `POST /v1/chat/completions`, as far as a simulated server looks at it. */
const chatSchema = z.looseObject({
  model: z.string(),
  messages: z
    .array(z.looseObject({ role: z.string(), content: content.optional(), name: z.string().optional() }))
    .min(1),
  max_tokens: limit,
  max_completion_tokens: limit,
  stream: z.boolean().optional().nullable(),
  stream_options: z.looseObject({ include_usage: z.boolean().optional() }).optional().nullable(),
});

const tokenIds = z.array(z.int().min(0)).min(1);
/** The body of `POST /v1/embeddings`. */
const embeddingSchema = z.looseObject({
  model: z.string(),
  input: z.union([
    z.string(),
    z.array(z.string()).min(1).max(2048),
    tokenIds,
    z.array(tokenIds).min(1).max(2048),
  ]),
  dimensions: z.int().min(1).max(16_384).optional(),
  encoding_format: z.enum(['float', 'base64']).optional(),
});

export type SimulatedChatRequest = z.infer<typeof chatSchema>;
export type SimulatedEmbeddingRequest = z.infer<typeof embeddingSchema>;

/** A body that is not what the API takes: the answer is a 400 with this message. */
export class BadRequest extends Error {
  constructor(
    message: string,
    readonly param: string | null,
    readonly status = 400,
  ) {
    super(message);
  }
}

/** @throws BadRequest */
export const readChatRequest = (body: string) => read(chatSchema, body);
/** @throws BadRequest */
export const readEmbeddingRequest = (body: string) => read(embeddingSchema, body);

function read<T>(schema: z.ZodType<T>, body: string): T {
  let value: unknown;
  try {
    value = JSON.parse(body);
  } catch {
    throw new BadRequest('We could not parse the JSON body of your request.', null);
  }
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const { path, message } = result.error.issues[0]!;
  const param = path.join('.') || null;
  throw new BadRequest(`Invalid value for "${param ?? 'body'}": ${message}`, param);
}

/** How the tokens of prompts are counted. */
export interface PromptCounters {
  readonly chat: TokenCounter;
  readonly embedding: TokenCounter;
}

/** `exact` takes o200k_base for chats and cl100k_base for embeddings, as OpenAI's models do. */
export async function promptCounters(counting: 'exact' | 'estimate'): Promise<PromptCounters> {
  if (counting === 'exact')
    return { chat: await loadTokenCounter('o200k_base'), embedding: await loadTokenCounter('cl100k_base') };
  return {
    chat: (text) => Math.ceil(estimateTokens(text, 'o200k_base')),
    embedding: (text) => Math.ceil(estimateTokens(text)),
  };
}

/** What a chat's format takes besides the texts: OpenAI's cookbook, "How to count tokens with tiktoken". */
const TOKENS_PER_MESSAGE = 3;
const TOKENS_PER_NAME = 1;
const TOKENS_OF_REPLY = 3;

/** The tokens of a chat's prompt. */
export function chatTokens({ messages }: SimulatedChatRequest, count: TokenCounter): number {
  let tokens = TOKENS_OF_REPLY;
  for (const { role, content: said, name } of messages) {
    tokens += TOKENS_PER_MESSAGE + count(role);
    if (typeof said === 'string') tokens += count(said);
    else for (const { text = '' } of said ?? []) tokens += count(text);
    if (name !== undefined) tokens += TOKENS_PER_NAME + count(name);
  }
  return tokens;
}

/** The inputs of a request as texts, and how many tokens they have. Inputs that are tokens stand for themselves. */
export function embeddingInputs(
  { input }: SimulatedEmbeddingRequest,
  count: TokenCounter,
): { texts: string[]; tokens: number } {
  const isOne = typeof input === 'string' || typeof input[0] === 'number';
  const inputs = (isOne ? [input] : input) as (string | number[])[];
  let tokens = 0;
  for (const one of inputs) tokens += typeof one === 'string' ? count(one) : one.length;
  return { texts: inputs.map((one) => (typeof one === 'string' ? one : one.join(' '))), tokens };
}
