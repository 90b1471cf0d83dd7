import { ThreadSafeCache } from '../cache/thread-safe-cache.js';
import { AdaptiveRateLimiter } from '../limits/adaptive-rate-limiter.js';
import { type BreakerState, CircuitBreaker } from '../limits/circuit-breaker.js';
import { Limiter } from '../limits/limiter.js';
import type { WaitCause } from '../run/run-state.js';
import { each, histogram, only, quantiles, type Sample } from './metric-kinds.js';
import type { OperationMetrics } from './operation-metrics.js';

/** A metric of an operation. Its name is the operation's label, `_` and `suffix`. */
interface MetricKind {
  readonly suffix: string;
  readonly type: 'counter' | 'gauge' | 'histogram' | 'summary';
  readonly help: string;
  /** What it is now. */
  readonly read: (metrics: OperationMetrics, name: string) => Sample[];
}

const CAUSES: readonly WaitCause[] = ['retry', 'limiter', 'breaker', 'pool', 'connection', 'coalesced'];
const BREAKER_STATES: readonly BreakerState[] = ['closed', 'open', 'halfOpen', 'forcedOpen', 'disabled'];

const counter = (suffix: string, help: string, read: MetricKind['read']): MetricKind => {
  return { suffix, type: 'counter', help, read };
};
const gauge = (suffix: string, help: string, read: MetricKind['read']): MetricKind => {
  return { suffix, type: 'gauge', help, read };
};

/** The parts of the measured steps that are of a class. */
function partsOfClass<T extends object>(metrics: OperationMetrics, kind: new (...args: never[]) => T): T[] {
  return [...metrics.parts].filter((part): part is T => part instanceof kind);
}

function sum<T>(items: readonly T[], read: (item: T) => number): number {
  return items.reduce((total, item) => total + read(item), 0);
}

const adaptives = (metrics: OperationMetrics) => partsOfClass(metrics, AdaptiveRateLimiter);
const limiters = (metrics: OperationMetrics) => {
  const adjusted = adaptives(metrics).map(({ adjusts }) => adjusts);
  const all = new Set([
    ...partsOfClass(metrics, Limiter),
    ...adjusted.filter((gate) => gate instanceof Limiter),
  ]);
  return [...all].map((limiter) => limiter.stats());
};
const caches = (metrics: OperationMetrics) =>
  partsOfClass(metrics, ThreadSafeCache).map((cache) => cache.stats());
const breakers = (metrics: OperationMetrics) => partsOfClass(metrics, CircuitBreaker);

/** Every metric that an operation has. */
export const METRIC_CATALOG: readonly MetricKind[] = [
  counter('items_total', 'Items that started.', ({ counts }) => only(counts.started)),
  counter('items_success', 'Items that were done.', ({ counts }) => only(counts.done)),
  counter('items_failed', 'Items that failed.', ({ counts }) => only(counts.failed)),
  counter('items_not_run', 'Items that never started, because an error ended their run.', ({ runs }) =>
    only(runs.notRun),
  ),
  {
    suffix: 'duration_seconds',
    type: 'histogram',
    help: 'How long items took, with their waits and retries.',
    read: ({ task }, name) => histogram(name, task.buckets),
  },
  {
    suffix: 'attempt_duration_seconds',
    type: 'histogram',
    help: 'How long attempts took, without waits.',
    read: ({ attempt }, name) => histogram(name, attempt.buckets),
  },
  {
    suffix: 'latency_seconds',
    type: 'summary',
    help: 'Percentiles of how long items took, since the process began.',
    read: ({ task }, name) => quantiles(name, task.histogram, task.buckets),
  },
  {
    suffix: 'attempt_latency_seconds',
    type: 'summary',
    help: 'Percentiles of how long attempts took, since the process began.',
    read: ({ attempt }, name) => quantiles(name, attempt.histogram, attempt.buckets),
  },
  gauge('worker_utilization', 'The share of slots that are taken, 0 to 1.', ({ runs }) =>
    only(runs.utilization),
  ),
  gauge('concurrent_workers_active', 'Items that are running.', ({ runs }) => only(runs.running)),
  gauge('concurrent_items_queued', 'Items that have not started.', ({ runs }) => only(runs.queued)),
  counter('concurrent_throughput', 'Items that settled: its rate is the throughput.', ({ counts }) =>
    only(counts.done + counts.failed),
  ),
  {
    suffix: 'concurrent_duration_seconds',
    type: 'histogram',
    help: 'How long whole runs took.',
    read: ({ run }, name) => histogram(name, run),
  },
  counter('concurrent_errors', 'Items that failed, by the category and code of their error.', ({ errors }) =>
    errors.all().map(({ count, ...labels }) => ({ labels, value: count })),
  ),
  counter('retries_total', 'Attempts after the first of an item.', ({ counts }) => only(counts.retries)),
  gauge('waiting_items', 'Items that wait outside of their slots, by cause.', ({ runs }) =>
    each(
      'cause',
      CAUSES.map((cause) => [cause, runs.waiting(cause)]),
    ),
  ),
  counter('wait_seconds_total', 'How long items waited outside of their slots, by cause.', ({ waits }) =>
    each(
      'cause',
      CAUSES.map((cause) => [cause, (waits.get(cause)?.totalMs ?? 0) / 1000]),
    ),
  ),
  counter('tokens_reserved_total', 'Tokens reserved at limiters.', ({ counts }) => only(counts.reserved)),
  counter('tokens_used_total', 'Tokens used.', ({ counts }) => only(counts.used)),
  counter('tokens_refunded_total', 'Tokens given back to limiters.', ({ counts }) => only(counts.refunded)),
  gauge('limiter_waiting', 'Calls in line at limiters, of whatever operation.', (metrics) =>
    only(sum(limiters(metrics), ({ waiting }) => waiting)),
  ),
  counter('limiter_refusals_total', 'Bursts of refusals (429) by servers.', (metrics) =>
    only(sum(limiters(metrics), ({ refusals }) => refusals)),
  ),
  gauge('adaptive_limit', 'The limits that adaptive limiters have found, by their number.', (metrics) =>
    each(
      'limiter',
      adaptives(metrics).map(({ limit }, number) => [String(number), limit]),
    ),
  ),
  gauge('breaker_state', 'Circuit breakers in each state.', (metrics) =>
    each(
      'state',
      BREAKER_STATES.map((state) => [
        state,
        breakers(metrics).filter((breaker) => breaker.state === state).length,
      ]),
    ),
  ),
  counter(
    'cache_requests_total',
    'Results that were cached (hit), made (miss), or made for another item.',
    ({ cache }) => each('result', Object.entries(cache)),
  ),
  gauge('cache_entries', 'Values in the memory of caches.', (metrics) =>
    only(sum(caches(metrics), ({ entries }) => entries)),
  ),
  counter('cache_evictions_total', 'Values that caches had no room for.', (metrics) =>
    only(sum(caches(metrics), ({ evictions }) => evictions)),
  ),
];
