import { expect, it } from 'vitest';
import { chatStep, createOpenAiClient } from '../../src/main/api.js';
import {
  circuitBreaker,
  Limiter,
  retry,
  settleConcurrent,
  timeout,
  tokenBudget,
  withPolicies,
} from '../../src/main/index.js';
import { type ChatCall, chatCalls, chatRequest } from '../helpers/chat-calls.js';
import { simulateApiProcess } from '../helpers/simulate-api-process.js';

const SOAK = process.env.MILLRACE_SOAK === '1';
const MAX_TOKENS = 400;
const TOKENS_PER_MINUTE = 1_000_000;
const REQUESTS_PER_MINUTE = 10_000;
const CONCURRENCY = 300;
/** More than the limit allows in two minutes, or what it allows in some three seconds. */
const CALLS = SOAK ? 4000 : 30;
const SOAK_MS = 120_000;
/** What is left free of the limit, so that estimates may be off: they are, by up to a half. */
const HEADROOM = 0.01;
/** The least use of the limit. */
const LEAST = 0.97;

it(`uses a limit over HTTP that starts empty, and is never refused (${CALLS} calls)`, {
  timeout: SOAK ? 300_000 : 60_000,
}, async () => {
  await using server = await simulateApiProcess([
    ...[
      '--tokens-per-minute',
      String(TOKENS_PER_MINUTE),
      '--requests-per-minute',
      String(REQUESTS_PER_MINUTE),
    ],
    ...[
      '--start',
      'empty',
      '--latency',
      SOAK ? '3000' : '300',
      '--latency-sigma',
      '0.5',
      '--output',
      '140',
      '--seed',
      '5',
    ],
  ]);
  await using client = createOpenAiClient({
    baseUrl: server.url,
    connections: CONCURRENCY,
    keyHeader: 'x-request-key',
  });
  const limiter = new Limiter({
    tokensPerMinute: TOKENS_PER_MINUTE * (1 - HEADROOM),
    requestsPerMinute: REQUESTS_PER_MINUTE * (1 - HEADROOM),
    start: 'nothing',
  });
  const estimate = ({ promptTokens, key }: ChatCall) =>
    promptTokens * (0.5 + (Number(key.slice(5)) % 11) / 10);
  const step = withPolicies(
    chatStep(client, (call: ChatCall) => chatRequest(call, MAX_TOKENS)),
    retry(),
    circuitBreaker(),
    tokenBudget(limiter, {
      estimateTokens: (call: ChatCall) => ({ inputTokens: estimate(call), outputTokens: MAX_TOKENS }),
    }),
    timeout(60_000),
  );
  await server.begin();
  const stop = new AbortController();
  const run = settleConcurrent(chatCalls(CALLS, 300, 1300), step, {
    concurrency: CONCURRENCY,
    key: ({ key }) => key,
    signal: stop.signal,
  });
  if (!SOAK) {
    const outcomes = await run;
    expect(outcomes.every(({ state }) => state === 'done')).toBe(true);
    expect(await server.stats()).toMatchObject({ completed: CALLS, refused: 0, repeated: 0 });
    return;
  }
  const ended = run.catch(() => {});
  await new Promise((resolve) => setTimeout(resolve, SOAK_MS));
  const stats = await server.stats();
  stop.abort();
  await ended;
  console.log(`use of the limit ${(100 * stats.utilisation!).toFixed(2)} %`, stats);
  expect(stats).toMatchObject({ refused: 0, repeated: 0 });
  expect(stats.utilisation).toBeGreaterThanOrEqual(LEAST);
});
