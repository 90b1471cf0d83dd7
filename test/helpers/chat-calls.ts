import { mulberry32 } from '../../src/shared/random.js';

/** A chat call of known size: the prompt of so many tokens, its format included. */
export interface ChatCall {
  readonly key: string;
  readonly promptTokens: number;
}

/** What a message of a user has besides its text: its role, 3 for the message, 3 for the reply. */
const FORMAT_TOKENS = 7;

/** Chat calls with prompts between `least` and `most` tokens. */
export function chatCalls(count: number, least: number, most: number, seed = 3): ChatCall[] {
  const random = mulberry32(seed);
  return Array.from({ length: count }, (_, i) => ({
    key: `call-${i}`,
    promptTokens: Math.round(least + random() * (most - least)),
  }));
}

/** The request of a call: words of one token each. */
export function chatRequest({ promptTokens }: ChatCall, maxTokens: number) {
  const content = `water${' wheel'.repeat(promptTokens - FORMAT_TOKENS - 1)}`;
  return { model: 'gpt-4o-mini', messages: [{ role: 'user' as const, content }], max_tokens: maxTokens };
}
