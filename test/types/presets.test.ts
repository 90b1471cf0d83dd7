import { Registry } from 'prom-client';
import { expectTypeOf, it } from 'vitest';
import { ErrorAggregator, type ErrorKind } from '../../src/main/observe/error-aggregator.js';
import { type MetricsRegistry, operationMetrics } from '../../src/main/observe/metrics-registry.js';
import type { RunSummary } from '../../src/main/observe/run-summary.js';
import { measure } from '../../src/main/policies/measure.js';
import {
  runConcurrentWithCache,
  runConcurrentWithErrorHandling,
  runConcurrentWithMetrics,
  runConcurrentWithRetry,
  runConcurrentWithTpm,
} from '../../src/main/run/presets.js';
import type { Outcome, Step } from '../../src/main/run/step.js';
import { withPolicies } from '../../src/main/run/with-policies.js';

interface Chunk {
  id: string;
  tokens: number;
}
const chunks: Chunk[] = [];
const extract = async (chunk: Chunk) => chunk.id.length;

it('infers items and results in every preset', () => {
  expectTypeOf(runConcurrentWithRetry(chunks, extract, { retry: { maxAttempts: 3 } })).resolves.toEqualTypeOf<
    number[]
  >();
  expectTypeOf(
    runConcurrentWithCache(chunks, extract, { cacheKey: (chunk) => chunk.id }),
  ).resolves.toEqualTypeOf<number[]>();
  expectTypeOf(
    runConcurrentWithTpm(chunks, extract, { tokensPerMinute: 1e6, estimateTokens: (chunk) => chunk.tokens }),
  ).resolves.toEqualTypeOf<number[]>();
  expectTypeOf(
    runConcurrentWithMetrics(chunks, extract, { metricPrefix: 'types', registry: new Registry() }),
  ).resolves.toEqualTypeOf<number[]>();
});

it('gives outcomes where errors are handled, and results where they end the run', () => {
  const errorAggregator = new ErrorAggregator<Chunk>();
  expectTypeOf(runConcurrentWithErrorHandling(chunks, extract, { errorAggregator })).resolves.toEqualTypeOf<
    Outcome<number>[]
  >();
  expectTypeOf(
    runConcurrentWithErrorHandling(chunks, extract, { errorAggregator, continueOnError: false }),
  ).resolves.toEqualTypeOf<number[]>();
  expectTypeOf(errorAggregator.byKind()).toEqualTypeOf<ErrorKind<Chunk>[]>();
});

it('takes a registry of prom-client, and measures steps of any type', () => {
  expectTypeOf<Registry>().toExtend<MetricsRegistry>();
  const metrics = operationMetrics('typed', { registry: new Registry() });
  expectTypeOf(withPolicies(extract, measure({ metrics }))).toEqualTypeOf<Step<Chunk, number>>();
  expectTypeOf(metrics.summary()).toEqualTypeOf<RunSummary>();
});
