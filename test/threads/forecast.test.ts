import { expect, it } from 'vitest';
import { chatStep, createOpenAiClient, forecastCalls } from '../../src/main/api.js';
import {
  type Clock,
  circuitBreaker,
  Limiter,
  retry,
  runConcurrent,
  timeout,
  tokenBudget,
  withPolicies,
} from '../../src/main/index.js';
import { type ChatCall, chatCalls, chatRequest } from '../helpers/chat-calls.js';
import { simulateApiProcess } from '../helpers/simulate-api-process.js';

const SOAK = process.env.MILLRACE_SOAK === '1';
const MAX_TOKENS = 300;
const CONCURRENCY = 100;
/** Some 5 seconds, or a minute and a half. */
const CALLS = SOAK ? 2400 : 150;
const TOKENS_PER_MINUTE = 1_000_000;
/** How far off the forecast may be: machines that run tests may be busy. */
const TOLERANCE = SOAK ? 0.05 : 0.5;

/** The policies of the run and of its forecast. */
const policies = (clock?: Clock) => [
  retry({ clock }),
  circuitBreaker({ clock }),
  tokenBudget(new Limiter({ tokensPerMinute: TOKENS_PER_MINUTE, requestsPerMinute: 10_000, clock }), {
    estimateTokens: ({ promptTokens }: ChatCall) => ({ inputTokens: promptTokens, outputTokens: MAX_TOKENS }),
  }),
  timeout(60_000, { clock }),
];

it('foretells how long a run over HTTP takes, from how the server’s answers are spread alone', {
  timeout: SOAK ? 600_000 : 60_000,
}, async () => {
  const calls = chatCalls(CALLS, 200, 900);
  const forecast = await forecastCalls(
    calls.map(({ promptTokens }) => ({ promptTokens, maxTokens: MAX_TOKENS })),
    {
      server: {
        limits: { tokensPerMinute: TOKENS_PER_MINUTE, requestsPerMinute: 10_000 },
        latencyMs: { median: 600, sigma: 0.5 },
        outputTokens: { median: 110, sigma: 0.7 },
        seed: 1,
      },
      concurrency: CONCURRENCY,
      policies,
    },
  );
  await using server = await simulateApiProcess([
    ...['--tokens-per-minute', String(TOKENS_PER_MINUTE), '--requests-per-minute', '10000'],
    ...['--latency', '600', '--latency-sigma', '0.5', '--output', '110', '--output-sigma', '0.7'],
    ...['--seed', '20240229'],
  ]);
  await using client = createOpenAiClient({ baseUrl: server.url, connections: CONCURRENCY });
  const step = withPolicies(
    chatStep(client, (call: ChatCall) => chatRequest(call, MAX_TOKENS)),
    ...policies(),
  );
  const startMs = performance.now();
  await runConcurrent(calls, step, { concurrency: CONCURRENCY });
  const wallMs = performance.now() - startMs;
  const stats = await server.stats();
  expect(stats).toMatchObject({ requests: forecast.requests, completed: CALLS, refused: 0 });
  expect(stats.tokensSettled - stats.outputTokensSettled).toBe(forecast.inputTokens);
  const off = forecast.wallMs / wallMs - 1;
  if (SOAK) console.log(`forecast ${forecast.wallMs.toFixed(0)} ms, run ${wallMs.toFixed(0)} ms`);
  expect(Math.abs(off)).toBeLessThan(TOLERANCE);
});
