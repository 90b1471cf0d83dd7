import { createServer, type RequestListener } from 'node:http';
import { type AddressInfo, createServer as createTcpServer } from 'node:net';
import { inspect } from 'node:util';
import { describe, expect, it, vi } from 'vitest';
import type { OpenAiClientOptions } from '../../../../src/main/api/client-options.js';
import { chatStep, createOpenAiClient, embedStep } from '../../../../src/main/api/openai-client.js';
import type { ChatDelta } from '../../../../src/main/api/openai-shapes.js';
import { settleConcurrent } from '../../../../src/main/run/settle-concurrent.js';
import type { AttemptReport, StepContext } from '../../../../src/main/run/step.js';
import { isMillraceError } from '../../../../src/shared/errors.js';
import { loadTokenCounter } from '../../../../src/shared/kernels/tokens.js';
import { KEY, simulated } from '../../../helpers/simulated.js';

const chat = {
  model: 'gpt-4o-mini',
  messages: [{ role: 'user', content: 'What turns the wheel?' }],
  max_tokens: 40,
};
const embedding = { model: 'text-embedding-3-small', input: ['a mill', 'a wheel', 'mills'], dimensions: 64 };

async function all<T>(items: AsyncIterable<T>): Promise<T[]> {
  const found: T[] = [];
  for await (const item of items) found.push(item);
  return found;
}

/** What a call threw. It holds the key nowhere. */
async function errorOf(call: Promise<unknown>): Promise<unknown> {
  const error = await call.then(
    () => expect.fail('it did not fail'),
    (thrown: unknown) => thrown,
  );
  expectNoKey(error);
  return error;
}

function expectNoKey(value: unknown): void {
  const shown = [
    inspect(value, { depth: 20, showHidden: true, maxStringLength: null }),
    JSON.stringify(value),
    JSON.stringify((value as Error).cause ?? null),
    (value as Error).stack,
    String(value),
  ].join('\n');
  expect(shown).not.toContain(KEY);
}

/** A context that only keeps what it is told. */
function listener() {
  const reports: AttemptReport[] = [];
  const context = {
    key: 'item 7',
    priority: 0,
    signal: new AbortController().signal,
    waitOutsideSlot: (_cause: string, wait: () => Promise<unknown>) => wait(),
    report: (facts: AttemptReport) => reports.push(facts),
  } as unknown as StepContext;
  const told = () => Object.assign({}, ...reports) as AttemptReport;
  return { context, told };
}

/** A server of one answer, and a client for it. */
async function answering(answer: RequestListener, options: OpenAiClientOptions = {}) {
  const server = createServer(answer);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const baseUrl = `http://127.0.0.1:${port}/v1`;
  const client = createOpenAiClient({ baseUrl, apiKey: KEY, ...options });
  const close = async () => {
    const ended = new Promise((resolve) => server.close(resolve));
    server.closeAllConnections();
    await Promise.all([ended, client.close()]);
  };
  return { client, baseUrl, [Symbol.asyncDispose]: close };
}

describe('embed', () => {
  it('gives a unit vector for each input, and what it took', async () => {
    await using both = await simulated();
    const { embeddings, usage } = await both.client.embed(embedding);
    expect(embeddings.map(({ length }) => length)).toEqual([64, 64, 64]);
    for (const vector of embeddings) {
      expect(vector.reduce((sum, value) => sum + value * value, 0)).toBeCloseTo(1, 5);
    }
    const again = await both.client.embed({ ...embedding, input: 'a wheel' });
    expect(again.embeddings).toEqual([embeddings[1]]);
    expect(usage).toEqual({ inputTokens: 6, outputTokens: 0 });
  });

  it('takes vectors as lists of numbers, in any order', async () => {
    const data = [
      { index: 1, embedding: [0, 1] },
      { index: 0, embedding: [1, 0] },
    ];
    await using one = await answering((_, response) => response.end(JSON.stringify({ data })));
    const { embeddings, usage } = await one.client.embed({ model: 'm', input: ['a', 'b'] });
    expect(embeddings.map((vector) => [...vector])).toEqual([
      [1, 0],
      [0, 1],
    ]);
    expect(usage).toBeUndefined();
  });

  it.each([
    [[{ index: 0, embedding: [1] }]],
    [
      [
        { index: 0, embedding: [1] },
        { index: 0, embedding: [1] },
      ],
    ],
    [
      [
        { index: 0, embedding: [1] },
        { index: 1, embedding: [1, 2] },
      ],
    ],
    [
      [
        { index: 0, embedding: 'AAA=' },
        { index: 1, embedding: 'AAA=' },
      ],
    ],
    [[{ embedding: [1] }, { embedding: ['1'] }]],
    [undefined],
  ])('refuses answers that are not what was asked for: %j', async (data) => {
    await using one = await answering((_, response) => response.end(JSON.stringify({ data })));
    const error = await errorOf(one.client.embed({ model: 'm', input: ['a', 'b'] }));
    expect(error).toMatchObject({ code: 'MILLRACE_CALL_FAILED', category: 'transient', sent: true });
  });
});

describe('complete', () => {
  it('gives the text and exactly what it took', async () => {
    await using both = await simulated();
    const { text, finishReason, usage, body } = await both.client.complete(chat);
    const count = await loadTokenCounter('o200k_base');
    expect(count(text)).toBe(12);
    expect([finishReason, usage, body.object]).toEqual([
      'stop',
      { inputTokens: 3 + 3 + 1 + count('What turns the wheel?'), outputTokens: 12 },
      'chat.completion',
    ]);
    expect(await both.client.complete({ ...chat, max_tokens: 5 })).toMatchObject({
      finishReason: 'length',
      usage: { outputTokens: 5 },
    });
  });

  it('tells a step’s context what was sent, used and said of limits', async () => {
    await using both = await simulated(
      { limits: { requestsPerMinute: 100 } },
      { keyHeader: 'x-request-key' },
    );
    const { context, told } = listener();
    await both.client.complete(chat, { context });
    expect(told()).toMatchObject({ sent: true, usage: { outputTokens: 12 } });
    expect(Object.fromEntries(told().headers!)).toMatchObject({ 'x-ratelimit-remaining-requests': '99' });
    expect(both.server.api.admissionsOf('item%207')).toBe(1);
  });
});

describe('streamComplete', () => {
  it('gives the same text piece by piece, and the usage at the end', async () => {
    await using both = await simulated();
    const { context, told } = listener();
    const deltas = await all(both.client.streamComplete(chat, { context }));
    const text = deltas.map((delta) => delta.text).join('');
    const count = await loadTokenCounter('o200k_base');
    expect(count(text)).toBe(12);
    expect(deltas.length).toBeGreaterThan(10);
    expect(deltas.at(-1)!.usage).toEqual({ inputTokens: 12, outputTokens: 12 });
    expect(deltas.filter(({ finishReason }) => finishReason === 'stop')).toHaveLength(1);
    expect(told()).toMatchObject({ sent: true, usage: { outputTokens: 12 } });
    expect(both.server.api.stats()).toMatchObject({ completed: 1, abandoned: 0 });
  });

  it('cuts the answer off when the loop is left', async () => {
    let gone = () => {};
    const isGone = new Promise<void>((resolve) => {
      gone = resolve;
    });
    await using one = await answering((_, response) => {
      response.write('data: {"choices":[{"delta":{"content":"one"}}]}\n\n');
      response.once('close', () => gone());
    });
    for await (const { text } of one.client.streamComplete(chat)) {
      expect(text).toBe('one');
      break;
    }
    await isGone;
  });

  it.each([
    ['ends in the middle', 'data: {"choices":[{"delta":{"content":"one"}}]}\n\n', 'ended before its end'],
    ['is no JSON', 'data: {"choices":\n\n', 'no JSON'],
    ['tells of an error', 'data: {"error":{"message":"overloaded","code":"busy"}}\n\n', 'overloaded'],
  ])('fails if the stream %s', async (_, body, message) => {
    await using one = await answering((_request, response) => response.end(body));
    const error = await errorOf(all(one.client.streamComplete(chat)));
    expect(error).toMatchObject({
      category: 'transient',
      sent: true,
      message: expect.stringContaining(message),
    });
  });

  it('takes an end without a word, behind the last piece', async () => {
    const piece = 'data: {"choices":[{"delta":{"content":"one"},"finish_reason":"stop"}]}\r\n\r\n';
    await using one = await answering((_, response) => response.end(`: hello\r\n${piece}`));
    const deltas: ChatDelta[] = await all(one.client.streamComplete(chat));
    expect(deltas).toMatchObject([{ text: 'one', finishReason: 'stop', usage: undefined }]);
  });
});

describe('each fault, over HTTP', () => {
  const cases: [string, object][] = [
    ['500', { category: 'transient', sent: true }],
    ['503', { category: 'transient', sent: true }],
    ['429', { category: 'retryable', sent: true, retryAfterMs: 1000 }],
    ['400', { category: 'fatal', scope: 'item', sent: true }],
    ['401', { category: 'fatal', scope: 'run' }],
    ['403', { category: 'fatal', scope: 'run' }],
    ['404', { category: 'fatal', scope: 'item' }],
    ['quota', { category: 'fatal', scope: 'run', cause: { status: 429, code: 'insufficient_quota' } }],
    ['reset', { category: 'transient', sent: 'unknown' }],
    ['truncated', { category: 'transient', sent: true }],
    ['malformed', { category: 'transient', sent: true }],
  ];
  it.each(cases)('%s', async (fault, expected) => {
    await using both = await simulated({ faults: [fault] });
    for (const call of [() => both.client.complete(chat), () => both.client.embed(embedding)]) {
      const error = await errorOf(call());
      expect(error).toMatchObject({ code: 'MILLRACE_CALL_FAILED', ...expected });
    }
    const streamed = await errorOf(all(both.client.streamComplete(chat)));
    expect(streamed).toMatchObject({ code: 'MILLRACE_CALL_FAILED', ...expected });
    expect(both.server.api.stats().faults).toEqual({ [fault]: 3 });
  });

  it('stall: nothing comes until the signal ends it, whose reason is thrown', async () => {
    await using both = await simulated({ faults: ['stall'] });
    for (const call of ['complete', 'stream'] as const) {
      const controller = new AbortController();
      const { signal } = controller;
      const { api } = both.server;
      const before = api.stats().admitted;
      const ended =
        call === 'complete'
          ? both.client.complete(chat, { signal })
          : all(both.client.streamComplete(chat, { signal }));
      const error = errorOf(ended);
      await vi.waitFor(() => expect(api.stats().admitted).toBe(before + 1));
      const reason = new Error('enough');
      controller.abort(reason);
      expect(await error).toBe(reason);
      await vi.waitFor(() => expect(api.stats().abandoned).toBe(before + 1));
    }
  });

  it('stall: a server that is silent for too long is given up', async () => {
    await using both = await simulated({ faults: ['stall'] }, { idleTimeoutMs: 500 });
    expect(await errorOf(both.client.complete(chat))).toMatchObject({
      category: 'transient',
      sent: 'unknown',
      cause: { code: 'UND_ERR_HEADERS_TIMEOUT' },
    });
  });

  it('a limit that is used up', async () => {
    await using both = await simulated({ limits: { tokensPerMinute: 100, start: 'empty' } });
    const { context, told } = listener();
    const error = await errorOf(both.client.complete(chat, { context }));
    expect(error).toMatchObject({ category: 'retryable', sent: true });
    expect((error as { retryAfterMs: number }).retryAfterMs).toBeGreaterThan(30_000);
    expect(Object.fromEntries(told().headers!)).toMatchObject({ 'x-ratelimit-limit-tokens': '100' });
  });
});

describe('errors', () => {
  it('of servers that nobody reaches say that nothing was sent', async () => {
    const { server, client } = await simulated();
    await server.close();
    expect(await errorOf(client.complete(chat))).toMatchObject({
      category: 'transient',
      sent: false,
      cause: { code: 'ECONNREFUSED' },
    });
    await client.close();
  });

  it('of servers that speak no HTTP are transient', async () => {
    const server = createTcpServer((socket) => socket.resume().end('220 mail.example ESMTP\r\n'));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    const client = createOpenAiClient({ baseUrl: `http://127.0.0.1:${port}`, apiKey: KEY });
    expect(await errorOf(client.complete(chat))).toMatchObject({ category: 'transient', sent: 'unknown' });
    await client.close();
    server.close();
  });

  it('hold the key nowhere, even if the server repeats it', async () => {
    const secret = 'a-secret-of-another-header';
    const body = (key: string) =>
      JSON.stringify({ error: { message: `Incorrect API key: ${key}`, code: key, type: key } });
    await using one = await answering((request, response) => {
      const key = String(request.headers.authorization).slice('Bearer '.length);
      response.writeHead(401, { 'x-echo': key }).end(body(key));
    });
    const error = await errorOf(one.client.complete(chat));
    expect(error).toMatchObject({ scope: 'run', message: expect.stringContaining('[secret]') });
    expectNoKey(one.client);

    await using two = await answering(
      (request, response) => {
        response.writeHead(400).end(body(String(request.headers['api-key'])));
      },
      { headers: { 'api-key': secret } },
    );
    const other = await errorOf(two.client.complete(chat));
    expect(other).toMatchObject({ scope: 'item', message: expect.stringContaining('[secret]') });
    expect(inspect([other, two.client], { depth: 20, showHidden: true })).not.toContain(secret);
  });

  it('do not repeat what a server sent that is no JSON', async () => {
    await using one = await answering((_, response) => response.end('<html>private words</html>'));
    const error = await errorOf(one.client.complete(chat));
    expect(inspect(error, { depth: 20 })).not.toContain('private words');
  });

  it.each([[{ choices: [] }], [{ choices: [{ text: 'old' }] }], [{ error: 'overloaded' }], [[]]])(
    'name answers of no use: %j',
    async (body) => {
      await using one = await answering((_, response) => response.end(JSON.stringify(body)));
      expect(await errorOf(one.client.complete(chat))).toMatchObject({ category: 'transient', sent: true });
    },
  );

  it('do not follow the key to another server', async () => {
    const seen: unknown[] = [];
    await using other = await answering((request, response) => {
      seen.push(request.headers);
      response.end();
    });
    await using one = await answering((_, response) => {
      response.writeHead(307, { location: `${other.baseUrl}/chat/completions` }).end();
    });
    expect(await errorOf(one.client.complete(chat))).toMatchObject({ category: 'fatal', scope: 'item' });
    expect(seen).toEqual([]);
  });
});

describe('connections', () => {
  it('are so many at once; who waits for one holds no slot', async () => {
    await using both = await simulated({ latencyMs: { median: 20, sigma: 0 } }, { connections: 2 });
    let waited = 0;
    const step = chatStep(both.client, (n: number) => ({
      ...chat,
      messages: [{ role: 'user', content: `${n}` }],
    }));
    const outcomes = await settleConcurrent(
      Array.from({ length: 10 }, (_, i) => i),
      (n: number, context: StepContext) => {
        const done = step(n, context);
        waited = Math.max(waited, context.run.waiting.connection);
        return done;
      },
      { concurrency: 10 },
    );
    expect(outcomes.map(({ state }) => state)).toEqual(new Array(10).fill('done'));
    expect(waited).toBeGreaterThanOrEqual(7);
    expect(both.server.api.stats()).toMatchObject({ completed: 10, repeated: 0 });
  });

  it('are given back by every kind of end', async () => {
    await using both = await simulated(
      { faults: ['truncated:25%', 'malformed:25%', '500:25%', 'reset:25%'] },
      { connections: 1 },
    );
    for (let i = 0; i < 12; i++) {
      const request = { ...chat, messages: [{ role: 'user', content: `${i}` }] };
      await both.client.complete(request).catch((error) => expect(isMillraceError(error)).toBe(true));
      await all(both.client.streamComplete(request)).catch((error) =>
        expect(isMillraceError(error)).toBe(true),
      );
    }
    expect(both.server.api.stats()).toMatchObject({ requests: 24, inFlight: 0 });
  });

  it('are not waited for any longer by a call that is aborted: nothing was sent', async () => {
    await using both = await simulated({ faults: ['stall'] }, { connections: 1 });
    const first = new AbortController();
    const blocked = errorOf(both.client.complete(chat, { signal: first.signal }));
    const { context, told } = listener();
    const second = new AbortController();
    const waiting = errorOf(both.client.complete(chat, { signal: second.signal, context }));
    second.abort('no more');
    expect(await waiting).toBe('no more');
    expect(told()).toEqual({ sent: false });
    first.abort('the other');
    expect(await blocked).toBe('the other');
  });

  it('end with the client, which refuses later calls', async () => {
    const { server, client } = await simulated({ latencyMs: { median: 20, sigma: 0 } });
    const under = client.complete(chat);
    await Promise.all([client.close(), client.close()]);
    expect((await under).text).not.toBe('');
    expect(await errorOf(client.complete(chat))).toMatchObject({
      code: 'MILLRACE_CLIENT_CLOSED',
      sent: false,
    });
    await server.close();
  });
});

it('embedStep embeds the texts of an item', async () => {
  await using both = await simulated();
  const step = embedStep(both.client, (input: string) => ({ ...embedding, input }));
  const outcomes = await settleConcurrent(['a mill', 'a wheel'], step);
  expect(outcomes).toMatchObject([
    { state: 'done', value: { usage: { inputTokens: 2 } } },
    { state: 'done', value: { usage: { inputTokens: 2 } } },
  ]);
});

describe('options', () => {
  it('take key and address from the environment', async () => {
    const seen: (string | undefined)[] = [];
    await using one = await answering((request, response) => {
      seen.push(request.headers.authorization);
      response.writeHead(400).end();
    });
    vi.stubEnv('OPENAI_API_KEY', KEY);
    vi.stubEnv('OPENAI_BASE_URL', one.baseUrl);
    const client = createOpenAiClient();
    vi.unstubAllEnvs();
    await errorOf(client.complete(chat));
    await client.close();
    expect(seen).toEqual([`Bearer ${KEY}`]);
  });

  it.each([
    [{ connections: 0 }, 'option "connections": expected a whole number from 1'],
    [{ baseUrl: 'ftp://x' }, 'option "baseUrl": expected an http or https URL'],
    [{ baseUrl: `https://me:${KEY}@host/v1` }, 'without a name and a password'],
    [{ baseUrl: `https://host/v1?key=${KEY}` }, 'without a query'],
    [{ apiKey: `${KEY}\n` }, 'option "apiKey": expected printable ASCII characters'],
    [{ headers: { 'x-key': `${KEY}\r\n` } }, 'option "headers": expected printable'],
    [{ headers: { [`a ${KEY}`]: 'x' } }, 'option "headers": expected names'],
    [{ retries: 3 }, 'retries'],
  ])('are checked, and no secret is repeated: case %#', (options, message) => {
    let error: unknown;
    try {
      createOpenAiClient(options as OpenAiClientOptions);
    } catch (thrown) {
      error = thrown;
    }
    expect(error).toMatchObject({
      code: 'MILLRACE_INVALID_ARGUMENT',
      message: expect.stringContaining(message),
    });
    expectNoKey(error);
  });
});
