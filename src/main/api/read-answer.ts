import type { TokenUse } from '../limits/gate.js';
import type { ChatAnswer, ChatDelta } from './openai-shapes.js';
import { failedAnswer } from './response-error.js';

type Fields = Readonly<Record<string, unknown>>;

/**
 * Reads the text of an answer as a JSON object.
 *
 * @throws MillraceError `MILLRACE_CALL_FAILED`, transient. It doesn't repeat what came: that may be private.
 */
export function readObject(call: string, text: string): Fields {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw failedAnswer(`${call} answered with what is no JSON (${text.length} characters)`);
  }
  const object = asFields(value);
  if (object !== undefined) return object;
  throw failedAnswer(`${call} answered with JSON that is no object`);
}

/** Reads the `usage` of an answer; undefined if it isn't told. */
export function readUsage({ usage }: Fields): TokenUse | undefined {
  const { prompt_tokens: inputTokens, completion_tokens: outputTokens = 0 } = asFields(usage) ?? {};
  if (typeof inputTokens !== 'number' || typeof outputTokens !== 'number') return undefined;
  return { inputTokens, outputTokens };
}

/** @throws MillraceError `MILLRACE_CALL_FAILED`, transient */
export function readChat(call: string, body: Fields): ChatAnswer {
  const choice = firstChoice(body);
  const message = asFields(choice?.message);
  if (choice === undefined || message === undefined)
    throw failedAnswer(`${call} answered without a choice that has a message`);
  return {
    text: textOf(message),
    finishReason: finishReasonOf(choice),
    usage: readUsage(body),
    body,
  };
}

/** Reads a piece of an answer; the one with the usage has no choices. */
export function readDelta(body: Fields): ChatDelta {
  const choice = firstChoice(body);
  return {
    text: textOf(asFields(choice?.delta) ?? {}),
    finishReason: choice === undefined ? null : finishReasonOf(choice),
    usage: readUsage(body),
    body,
  };
}

/**
 * Reads `count` embeddings, in base64 or as lists of numbers, and puts them in the order of the inputs.
 *
 * @throws MillraceError `MILLRACE_CALL_FAILED`, transient
 */
export function readEmbeddings(call: string, body: Fields, count: number): Float32Array<ArrayBuffer>[] {
  const data: unknown[] = Array.isArray(body.data) ? body.data : [];
  const rows: (Float32Array<ArrayBuffer> | undefined)[] = new Array(count).fill(undefined);
  data.forEach((entry, place) => {
    const { index = place, embedding } = asFields(entry) ?? {};
    if (typeof index === 'number' && index in rows) rows[index] = readVector(embedding);
  });
  const dimensions = rows[0]?.length;
  const found = rows.filter((row) => row !== undefined && row.length === dimensions);
  if (found.length === count && data.length === count) return found as Float32Array<ArrayBuffer>[];
  throw failedAnswer(
    `${call} answered with ${data.length} embeddings, ${found.length} of them usable: expected ${count} of one length`,
  );
}

function readVector(embedding: unknown): Float32Array<ArrayBuffer> | undefined {
  if (Array.isArray(embedding))
    return embedding.every((value) => typeof value === 'number') ? Float32Array.from(embedding) : undefined;
  if (typeof embedding !== 'string') return undefined;
  const bytes = Buffer.from(embedding, 'base64');
  if (bytes.length === 0 || bytes.length % Float32Array.BYTES_PER_ELEMENT !== 0) return undefined;
  // Copied, since a small buffer is a part of a larger one, at any place.
  return new Float32Array(Uint8Array.from(bytes).buffer);
}

function firstChoice({ choices }: Fields): Fields | undefined {
  return Array.isArray(choices) ? asFields(choices[0]) : undefined;
}

function textOf({ content }: Fields): string {
  return typeof content === 'string' ? content : '';
}

function finishReasonOf({ finish_reason: reason }: Fields): string | null {
  return typeof reason === 'string' ? reason : null;
}

function asFields(value: unknown): Fields | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Fields) : undefined;
}
