import type { TokenUse } from '../limits/gate.js';

/** A message of a chat, as the API has it. */
export interface ChatMessage {
  readonly role: string;
  /** A text, or parts as the API has them. */
  readonly content?: string | readonly object[] | null | undefined;
  readonly [field: string]: unknown;
}

/** The body of `POST /chat/completions`, as the API has it: other fields are sent as they are. */
export interface ChatRequest {
  readonly model: string;
  readonly messages: readonly ChatMessage[];
  readonly max_tokens?: number | undefined;
  readonly max_completion_tokens?: number | undefined;
  readonly temperature?: number | undefined;
  readonly [field: string]: unknown;
}

/** An answer of a chat. */
export interface ChatAnswer {
  /** What the first choice says; empty if it only calls tools. */
  readonly text: string;
  /** Why it ended: `stop`, `length`, `tool_calls`, `content_filter`. */
  readonly finishReason: string | null;
  /** Undefined if the server doesn't tell. */
  readonly usage: TokenUse | undefined;
  /** The whole answer, as the API has it. */
  readonly body: Readonly<Record<string, unknown>>;
}

/** A piece of an answer that is on its way. */
export interface ChatDelta {
  /** What comes to the text; may be empty. */
  readonly text: string;
  readonly finishReason: string | null;
  /** Comes with the last piece, if the server tells it. */
  readonly usage: TokenUse | undefined;
  /** The whole piece, as the API has it. */
  readonly body: Readonly<Record<string, unknown>>;
}

/** The body of `POST /embeddings`, as the API has it. Embeddings are always asked for in base64, a quarter of the bytes. */
export interface EmbeddingRequest {
  readonly model: string;
  readonly input: string | readonly string[];
  /** Default: the model's. */
  readonly dimensions?: number | undefined;
  readonly [field: string]: unknown;
}

/** Embeddings, one for each input, in the order of the inputs. */
export interface EmbeddingAnswer {
  readonly embeddings: Float32Array<ArrayBuffer>[];
  /** Undefined if the server doesn't tell. */
  readonly usage: TokenUse | undefined;
}
