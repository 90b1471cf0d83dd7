import OpenAI from 'openai';
import { describe, expect, it } from 'vitest';
import {
  type SimulatedServerOptions,
  startSimulatedServer,
} from '../../../../src/main/api/simulated-server.js';
import { classify } from '../../../../src/main/policies/classify.js';
import { settleConcurrent } from '../../../../src/main/run/settle-concurrent.js';
import type { StepContext } from '../../../../src/main/run/step.js';
import { withPolicies } from '../../../../src/main/run/with-policies.js';

const chat = { model: 'gpt-4o-mini', messages: [{ role: 'user' as const, content: 'Why?' }], max_tokens: 30 };

/** OpenAI's own client, which knows best what its servers' answers look like. */
async function official(options: SimulatedServerOptions = {}, timeout = 10_000) {
  const server = await startSimulatedServer({
    latencyMs: { median: 0, sigma: 0 },
    outputTokens: { median: 12, sigma: 0 },
    ...options,
  });
  const client = new OpenAI({ baseURL: server.url, apiKey: 'sk-any', maxRetries: 0, timeout });
  return { server, client, [Symbol.asyncDispose]: () => server.close() };
}

describe('the openai package', () => {
  it('takes the simulated server for OpenAI’s', async () => {
    await using both = await official({ limits: { requestsPerMinute: 100 } });
    const { data, response } = await both.client.chat.completions.create(chat).withResponse();
    expect(data.choices[0]).toMatchObject({ message: { role: 'assistant' }, finish_reason: 'stop' });
    expect(data.usage).toEqual({ prompt_tokens: 9, completion_tokens: 12, total_tokens: 21 });
    expect(response.headers.get('x-ratelimit-remaining-requests')).toBe('99');
    expect((await both.client.models.list()).data.map(({ id }) => id)).toContain('gpt-4o-mini');
  });

  it('reads its streams', async () => {
    await using both = await official();
    const whole = await both.client.chat.completions.create(chat);
    const stream = await both.client.chat.completions.create({
      ...chat,
      stream: true,
      stream_options: { include_usage: true },
    });
    let text = '';
    let usage: unknown;
    for await (const chunk of stream) {
      text += chunk.choices[0]?.delta.content ?? '';
      usage = chunk.usage ?? usage;
    }
    expect(text.split(' ')).toHaveLength(12);
    expect(usage).toEqual(whole.usage);
  });

  it('reads its embeddings, in base64 and as numbers alike', async () => {
    await using both = await official();
    const request = { model: 'text-embedding-3-small', input: ['a mill', 'a wheel'] };
    const packed = await both.client.embeddings.create(request);
    const plain = await both.client.embeddings.create({ ...request, encoding_format: 'float' });
    expect(packed.data.map(({ embedding }) => embedding.length)).toEqual([1536, 1536]);
    expect(plain.data.map(({ embedding }) => embedding)).toEqual(
      packed.data.map(({ embedding }) => [...embedding]),
    );
    expect(packed.usage).toEqual({ prompt_tokens: 4, total_tokens: 4 });
  });
});

describe('classify knows the errors of the openai package:', () => {
  const failureOf = async (options: SimulatedServerOptions, timeout?: number, isReached = true) => {
    await using both = await official(options, timeout);
    if (!isReached) await both.server.close();
    const step = withPolicies(
      (_: number, { signal }: StepContext) => both.client.chat.completions.create(chat, { signal }),
      classify(),
    );
    const [outcome] = await settleConcurrent([1], step);
    return outcome;
  };

  it.each([
    ['500', { category: 'transient', sent: true }],
    ['429', { category: 'retryable', sent: true, retryAfterMs: 1000 }],
    ['quota', { category: 'fatal', scope: 'run' }],
    ['401', { category: 'fatal', scope: 'run' }],
    ['400', { category: 'fatal', scope: 'item' }],
    ['reset', { category: 'transient', sent: 'unknown' }],
    ['truncated', { category: 'transient' }],
  ])('%s', async (fault, error) => {
    expect(await failureOf({ faults: [fault] })).toMatchObject({ state: 'failed', error });
  });

  it('a timeout', async () => {
    expect(await failureOf({ faults: ['stall'] }, 100)).toMatchObject({ error: { category: 'transient' } });
  });

  it('a server that nobody reaches', async () => {
    expect(await failureOf({}, 1000, false)).toMatchObject({ error: { category: 'transient', sent: false } });
  });
});
