import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { Registry } from 'prom-client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  CircuitBreaker,
  cache,
  circuitBreaker,
  Limiter,
  type MetricsServer,
  MillraceError,
  operationMetrics,
  retry,
  type StepContext,
  serveMetrics,
  settleConcurrent,
  tokenBudget,
  withPolicies,
} from '../../src/main/index.js';
import { describeWithPrometheus, Prometheus } from '../helpers/prometheus.js';

const dist = (path: string) => new URL(`../../dist/${path}`, import.meta.url).href;

/** Runs a module's text in a process of its own. */
async function runScript(script: string): Promise<string> {
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', script]);
  return stdout;
}

describe('serveMetrics', () => {
  it('answers what it should and nothing else', async () => {
    await using server = await serveMetrics({ registry: new Registry() });
    expect(server.url).toBe(`http://127.0.0.1:${server.port}/metrics`);
    const found = await fetch(server.url);
    expect(found.status).toBe(200);
    expect(found.headers.get('content-type')).toContain('text/plain; version=0.0.4');
    expect((await fetch(new URL('/', server.url))).status).toBe(404);
    expect((await fetch(server.url, { method: 'POST' })).status).toBe(405);
    const head = await fetch(`${server.url}?x=1`, { method: 'HEAD' });
    expect([head.status, await head.text()]).toEqual([200, '']);
    await server.close();
    await expect(fetch(server.url)).rejects.toThrow();
  });

  it('says what is wrong with the port', async () => {
    await using server = await serveMetrics({ registry: new Registry() });
    await expect(serveMetrics({ port: server.port })).rejects.toMatchObject({ code: 'EADDRINUSE' });
    await expect(serveMetrics({ port: 70_000 })).rejects.toMatchObject({ code: 'MILLRACE_INVALID_ARGUMENT' });
  });

  it('answers with the error of a registry that fails', async () => {
    const registry = new Registry();
    registry.registerMetric({ name: 'bad', get: () => Promise.reject(new Error('no numbers')) } as never);
    await using server = await serveMetrics({ registry });
    const response = await fetch(server.url);
    expect([response.status, await response.text()]).toEqual([500, 'no numbers\n']);
  });

  it('serves the default registry, and loads prom-client only for it', async () => {
    const printed = await runScript(`
      import { createRequire } from 'node:module';
      import { operationMetrics, runConcurrent, serveMetrics } from '${dist('main/index.js')}';
      const loaded = () => Object.keys(createRequire('${dist('main/index.js')}').cache).some((path) => path.includes('prom-client'));
      await runConcurrent([1, 2], (n) => n, { metrics: operationMetrics('extraction') });
      const before = loaded();
      const server = await serveMetrics();
      const text = await (await fetch(server.url)).text();
      await server.close();
      console.log(JSON.stringify({ before, after: loaded(), line: text.match(/^extraction_items_total .*$/m)[0] }));`);
    expect(JSON.parse(printed)).toEqual({ before: false, after: true, line: 'extraction_items_total 2' });
  });
});

describeWithPrometheus('a real Prometheus', () => {
  const registry = new Registry();
  const breaker = new CircuitBreaker();
  let server: MetricsServer;
  let prometheus: Prometheus;
  beforeAll(async () => {
    server = await serveMetrics({ registry });
    prometheus = await Prometheus.start(`127.0.0.1:${server.port}`);
  });
  afterAll(async () => {
    await prometheus?.close();
    await server?.close();
  });

  it('reads the metrics of a run, and reckons with them', async () => {
    const limiter = new Limiter({ tokensPerMinute: 6_000_000 });
    const step = withPolicies(
      async (n: number, { attempt, report }: StepContext) => {
        report({ usage: { inputTokens: 80, outputTokens: 10 } });
        await new Promise((resolve) => setTimeout(resolve, 2));
        if (n === 7) throw new TypeError('never');
        if (n === 5 && attempt === 1)
          throw new MillraceError('MILLRACE_CALL_FAILED', '503', { category: 'transient', sent: true });
        return n;
      },
      cache(),
      retry({ baseMs: 1 }),
      circuitBreaker(breaker),
      tokenBudget(limiter, { estimateTokens: () => 100 }),
    );
    const inputs = Array.from({ length: 200 }, (_, n) => n % 100);
    const metrics = operationMetrics('extraction', { registry });
    await settleConcurrent(inputs, step, { metrics, concurrency: 10 });
    const summary = metrics.summary();

    const is = async (query: string, wanted: number) => {
      const samples = await prometheus.until(query, (value) => value === wanted);
      expect({ query, values: samples.map(({ value }) => value) }).toEqual({ query, values: [wanted] });
    };
    await is('extraction_items_total', 200);
    await is('extraction_items_success', 200 - summary.failed);
    await is('extraction_items_failed', summary.failed);
    await is('extraction_concurrent_throughput', 200);
    await is('extraction_worker_utilization', 0);
    await is('extraction_concurrent_workers_active', 0);
    await is('extraction_concurrent_items_queued', 0);
    await is('extraction_duration_seconds_count', 200);
    await is('extraction_concurrent_duration_seconds_count', 1);
    await is('sum(extraction_concurrent_errors)', summary.failed);
    await is('extraction_retries_total', 1);
    await is('extraction_tokens_used_total', summary.tokens.used);
    await is('sum(extraction_cache_requests_total)', 200);
    await is('extraction_breaker_state{state="closed"}', 1);
    await is('extraction_latency_seconds{quantile="0.99"} > bool 0.001', 1);
    await is('histogram_quantile(0.5, extraction_attempt_duration_seconds_bucket) > bool 0.001', 1);
    breaker.forceOpen();
    await is('extraction_breaker_state{state="forcedOpen"}', 1);
    expect(await prometheus.errors()).toEqual(['']);
  });

  it('knows every metric with its type', async () => {
    const metadata = await prometheus.metadata();
    const types = Object.fromEntries(Object.entries(metadata).map(([name, [first]]) => [name, first!.type]));
    expect(types).toMatchObject({
      extraction_items_total: 'counter',
      extraction_duration_seconds: 'histogram',
      extraction_worker_utilization: 'gauge',
      extraction_concurrent_duration_seconds: 'histogram',
      extraction_concurrent_workers_active: 'gauge',
      extraction_concurrent_items_queued: 'gauge',
      extraction_concurrent_throughput: 'counter',
      extraction_concurrent_errors: 'counter',
      extraction_latency_seconds: 'summary',
    });
  });
});
