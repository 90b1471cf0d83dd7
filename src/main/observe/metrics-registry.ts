import type { Registry } from 'prom-client';
import { z } from 'zod';
import type { Clock } from '../../shared/clock.js';
import { checkOptions } from '../../shared/options.js';
import { METRIC_CATALOG } from './metric-catalog.js';
import { labelSchema, OperationMetrics } from './operation-metrics.js';

/** A registry of metrics. The registries of the package `prom-client` are such. */
export interface MetricsRegistry {
  registerMetric(metric: object): void;
  /** All metrics as text. */
  metrics(): Promise<string>;
  readonly contentType: string;
}

/** A registry that loads prom-client only when it is first read. */
class DefaultRegistry implements MetricsRegistry {
  readonly contentType = 'text/plain; version=0.0.4; charset=utf-8';
  private waiting: object[] = [];
  private registry: Registry | undefined;

  registerMetric(metric: object): void {
    this.waiting.push(metric);
  }

  async metrics(): Promise<string> {
    const prometheus = await import('prom-client');
    this.registry ??= new prometheus.Registry();
    for (const metric of this.waiting.splice(0)) this.registry.registerMetric(metric as never);
    return this.registry.metrics();
  }
}

/** The registry of everything that names no other. */
export const metricsRegistry: MetricsRegistry = new DefaultRegistry();

export interface OperationMetricsPlace {
  /** Default: {@link metricsRegistry}. */
  registry?: MetricsRegistry | undefined;
  /** For tests and simulations. */
  clock?: Clock | undefined;
}

const schema = z.strictObject({
  label: labelSchema,
  registry: z
    .custom<MetricsRegistry>(
      (value) => typeof (value as MetricsRegistry | null)?.registerMetric === 'function',
      'expected a registry, of prom-client for example',
    )
    .optional(),
  clock: z.custom<Clock>().optional(),
});

const known = new WeakMap<MetricsRegistry, Map<string, OperationMetrics>>();

/**
 * The metrics of the operation of this name in a registry; the first call makes them. For `extraction` they are
 * `extraction_items_total`, `_items_success`, `_items_failed`, `_duration_seconds`, `_worker_utilization`,
 * `_concurrent_workers_active`, `_concurrent_items_queued`, `_concurrent_throughput`, `_concurrent_duration_seconds`,
 * `_concurrent_errors`, and more of waits, tokens, retries, breakers and caches.
 *
 * @throws MillraceError `MILLRACE_INVALID_ARGUMENT`; what the registry throws for a name that somebody else has.
 *
 * @example
 * await runConcurrent(chunks, extract, { metrics: operationMetrics('extraction') });
 */
export function operationMetrics(label: string, place: OperationMetricsPlace = {}): OperationMetrics {
  const { registry = metricsRegistry, clock } = checkOptions('operationMetrics', schema, { label, ...place });
  const operations = known.get(registry) ?? new Map<string, OperationMetrics>();
  known.set(registry, operations);
  const found = operations.get(label);
  if (found !== undefined) return found;
  const metrics = new OperationMetrics({ label, clock });
  register(metrics, registry);
  operations.set(label, metrics);
  return metrics;
}

/** As objects like prom-client's own, that read the counts when they are asked. */
function register(metrics: OperationMetrics, registry: MetricsRegistry): void {
  for (const { suffix, type, help, read } of METRIC_CATALOG) {
    const name = `${metrics.label}_${suffix}`;
    const get = async () => ({ name, help, type, aggregator: 'sum', values: read(metrics, name) });
    registry.registerMetric({ name, help, type, aggregator: 'sum', get, reset: () => {} });
  }
}
