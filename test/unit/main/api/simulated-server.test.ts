import { describe, expect, it } from 'vitest';
import { promptCounters } from '../../../../src/main/api/simulated-requests.js';
import { startSimulatedServer } from '../../../../src/main/api/simulated-server.js';
import { answerEmbedding, answerPieces } from '../../../../src/main/api/simulated-texts.js';
import { loadTokenCounter } from '../../../../src/shared/kernels/tokens.js';
import { simulated } from '../../../helpers/simulated.js';

const post = (url: string, body: string, headers: Record<string, string> = {}) =>
  fetch(url, { method: 'POST', body, headers });

describe('the server', () => {
  it('tells its own counts', async () => {
    await using both = await simulated({ faults: ['500@60m'] });
    const body = JSON.stringify({ model: 'm', messages: [{ role: 'user', content: 'one' }] });
    for (const key of ['a', 'b', 'a']) {
      const response = await post(`${both.server.url}/chat/completions`, body, { 'x-request-key': key });
      expect(response.status).toBe(200);
      await response.text();
    }
    await (await post(`${both.server.url}/chat/completions`, body)).text();
    await (await post(`${both.server.url}/chat/completions`, body)).text();
    const stats = await (await fetch(new URL('/simulation', both.server.url))).json();
    expect(stats).toMatchObject({
      requests: 5,
      admitted: 5,
      completed: 5,
      keys: 3,
      repeated: 2,
      inFlight: 0,
    });
    expect(both.server.api.admissionsOf('a')).toBe(2);
  });

  it.each([
    ['/chat/completions', '{"model"', 400, 'could not parse'],
    ['/chat/completions', '{"model":"m","messages":[]}', 400, 'messages'],
    ['/chat/completions', '{"messages":[{"role":"user","content":"x"}]}', 400, 'model'],
    ['/chat/completions', '{"model":"m","messages":[{"role":"user"}],"max_tokens":0}', 400, 'max_tokens'],
    ['/embeddings', '{"model":"m","input":[]}', 400, 'input'],
    ['/embeddings', '{"model":"m","input":"x","dimensions":0}', 400, 'dimensions'],
    ['/completions', '{}', 404, 'Unknown request URL'],
  ])('refuses what the API does not take: %s %s', async (path, body, status, message) => {
    await using both = await simulated();
    const response = await post(both.server.url + path, body);
    expect(response.status).toBe(status);
    const { error } = (await response.json()) as { error: { message: string; type: string } };
    expect(error.message).toContain(message);
    expect(error.type).toBe('invalid_request_error');
    expect(both.server.api.stats().requests).toBe(0);
  });

  it('takes tokens in the place of texts', async () => {
    await using both = await simulated();
    const embed = async (input: unknown) => {
      const body = JSON.stringify({ model: 'm', input, dimensions: 8 });
      return (await (await post(`${both.server.url}/embeddings`, body)).json()) as {
        data: unknown[];
        usage: { total_tokens: number };
      };
    };
    const many = await embed([[1, 2, 3], [4]]);
    expect([many.data.length, many.usage.total_tokens]).toEqual([2, 4]);
    const one = await embed([1, 2, 3]);
    expect([one.data.length, one.usage.total_tokens]).toEqual([1, 3]);
  });

  it('is refused a port that is taken', async () => {
    await using both = await simulated();
    const { port } = both.server;
    await expect(startSimulatedServer({ port })).rejects.toMatchObject({ code: 'EADDRINUSE' });
    await expect(startSimulatedServer({ port: 70_000 })).rejects.toMatchObject({
      code: 'MILLRACE_INVALID_ARGUMENT',
    });
  });

  it('closes with calls under way', async () => {
    const { server, client } = await simulated({ latencyMs: { median: 3_600_000, sigma: 0 } });
    const request = { model: 'm', messages: [{ role: 'user', content: 'x' }] };
    const call = client.complete(request).catch((error) => error);
    await expect.poll(() => server.api.stats().inFlight).toBe(1);
    await server.close();
    expect(await call).toMatchObject({ category: 'transient' });
    expect(server.api.stats()).toMatchObject({ abandoned: 1, inFlight: 0 });
    await client.close();
  });
});

describe('answers', () => {
  it.each(['cl100k_base', 'o200k_base'] as const)('have exactly so many tokens of %s', async (encoding) => {
    const count = await loadTokenCounter(encoding);
    for (let tokens = 0; tokens < 300; tokens += 13) {
      expect(count(answerPieces(tokens, tokens).join(''))).toBe(tokens);
    }
  });

  it('embed texts with words in common near each other, and texts without words anywhere', () => {
    const dot = (a: Float32Array, b: Float32Array) => a.reduce((sum, value, i) => sum + value * b[i]!, 0);
    const [mill, mills, bread, none] = ['the old water mill', 'an old water mill', 'rye bread', '…'].map(
      (text) => answerEmbedding(text, 256),
    );
    expect(dot(mill!, mills!)).toBeGreaterThan(dot(mill!, bread!) + 0.3);
    expect(dot(none!, none!)).toBe(1);
  });
});

it('prompts can be estimated instead of counted', async () => {
  const { chat, embedding } = await promptCounters('estimate');
  expect(chat('The water turns the wheel.')).toBeGreaterThan(3);
  expect(Number.isInteger(embedding('The water turns the wheel.'))).toBe(true);
});
