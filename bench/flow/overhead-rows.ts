import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setTimeout as pause } from 'node:timers/promises';
import {
  circuitBreaker,
  Limiter,
  operationMetrics,
  retry,
  runConcurrent,
  timeout,
  tokenBudget,
  withPolicies,
} from 'millrace';
import { compare, type Missing, type Side, timed } from '../compare.js';
import { type Mismatch, type Row, ratioOf } from '../row.js';
import type { FlowPeers } from './flow-peers.js';

type Rows = AsyncIterable<Row | Mismatch>;

const CONCURRENCY = 50;
/** So much that nothing ever waits for it: what is measured is the asking. */
const PLENTY = 1e15;

const step = async (input: number) => input + 1;

/**
 * Nanoseconds that each item of a run costs beside its own work, which is nothing here. p-map does less than any of
 * ours: it limits the concurrency and nothing else.
 */
export async function* overheadRows(
  peers: FlowPeers,
  { runs, quick }: { runs: number; quick: boolean },
): Rows {
  const inputs = numbers(quick ? 20_000 : 200_000);
  const few = numbers(quick ? 1_000 : 4_000);
  const full = withPolicies(
    step,
    retry(),
    circuitBreaker(),
    tokenBudget(new Limiter({ tokensPerMinute: PLENTY, requestsPerMinute: PLENTY }), {
      estimateTokens: () => 1,
    }),
  );
  const metrics = operationMetrics('overhead');
  const bare = (all: readonly number[]) =>
    timed(() => runConcurrent(all, step, { concurrency: CONCURRENCY }));
  const limited = (all: readonly number[]) =>
    timed(() => runConcurrent(all, full, { concurrency: CONCURRENCY, metrics }));
  const resilient = withPolicies(step, retry(), circuitBreaker(), timeout(60_000));
  const contests: [
    name: string,
    peer: string,
    all: readonly number[],
    ours: Side<number[]>,
    theirs: Side<number[]> | Missing,
  ][] = [
    ['limiter + retry + breaker + metrics', 'p-map', inputs, limited(inputs), pMapSide(peers, inputs)],
    ['limiter + retry + breaker + metrics', 'p-queue', inputs, limited(inputs), pQueueSide(peers, inputs)],
    ['limiter + retry + breaker + metrics', 'bottleneck', few, limited(few), bottleneckSide(peers, few)],
    [
      'retry + breaker + timeout',
      'cockatiel',
      inputs,
      timed(() => runConcurrent(inputs, resilient, { concurrency: CONCURRENCY })),
      cockatielSide(peers, inputs),
    ],
    ['runner', 'p-map', inputs, bare(inputs), pMapSide(peers, inputs)],
    ['runner', 'p-queue', inputs, bare(inputs), pQueueSide(peers, inputs)],
  ];
  for (const [name, peer, all, ours, theirs] of contests) {
    yield await compare({
      suite: 'flow',
      case: `overhead ${name} (${all.length} items)`,
      peer,
      threads: 1,
      runs,
      metric: { unit: 'ns/item', pieces: all.length },
      ours,
      theirs,
      difference: (mine: number[], others: number[]) =>
        mine.join() === others.join() ? null : 'other results',
    });
  }
  yield await lagRow(quick ? 10_000 : 100_000);
}

function pMapSide({ pMap }: FlowPeers, inputs: readonly number[]): Side<number[]> | Missing {
  return 'why' in pMap ? pMap : timed(() => pMap.default(inputs, step, { concurrency: CONCURRENCY }));
}

function pQueueSide({ pQueue }: FlowPeers, inputs: readonly number[]): Side<number[]> | Missing {
  if ('why' in pQueue) return pQueue;
  return timed(() => {
    const queue = new pQueue.default({ concurrency: CONCURRENCY });
    return Promise.all(inputs.map((input) => queue.add(() => step(input))));
  });
}

function bottleneckSide({ bottleneck }: FlowPeers, inputs: readonly number[]): Side<number[]> | Missing {
  if ('why' in bottleneck) return bottleneck;
  return timed(async () => {
    const limiter = new bottleneck.default({ maxConcurrent: CONCURRENCY, reservoir: PLENTY });
    const results = await Promise.all(
      inputs.map((input) => limiter.schedule({ weight: 1 }, () => step(input))),
    );
    limiter.disconnect();
    return results;
  });
}

function cockatielSide({ cockatiel, pMap }: FlowPeers, inputs: readonly number[]): Side<number[]> | Missing {
  if ('why' in cockatiel) return cockatiel;
  if ('why' in pMap) return pMap;
  const { handleAll, wrap, ConsecutiveBreaker, TimeoutStrategy } = cockatiel;
  const policy = wrap(
    cockatiel.retry(handleAll, { maxAttempts: 5 }),
    cockatiel.circuitBreaker(handleAll, { halfOpenAfter: 1000, breaker: new ConsecutiveBreaker(50) }),
    cockatiel.timeout(60_000, TimeoutStrategy.Cooperative),
  );
  return timed(() =>
    pMap.default(inputs, (input) => policy.execute(() => step(input)), { concurrency: CONCURRENCY }),
  );
}

/** How late timers are, while so many items wait at a limiter, beside a loop that has nothing to do. */
async function lagRow(waiters: number): Promise<Row> {
  const theirs = await lagMs();
  const limiter = new Limiter({ requestsPerMinute: 60_000 });
  const controller = new AbortController();
  const run = runConcurrent(numbers(waiters), withPolicies(step, tokenBudget(limiter)), {
    concurrency: waiters,
    signal: controller.signal,
  });
  run.catch(() => {});
  await pause(500);
  const ours = await lagMs();
  controller.abort();
  return {
    suite: 'flow',
    case: `overhead event-loop lag, p99, with ${waiters} waiters`,
    peer: 'idle-loop',
    threads: 1,
    node: process.versions.node,
    ours,
    theirs,
    unit: 'ms',
    better: 'lower',
    ratio: ratioOf(ours, theirs, 'lower'),
    runs: 1,
  };
}

async function lagMs(): Promise<number> {
  const delays = monitorEventLoopDelay({ resolution: 1 });
  delays.enable();
  await pause(5000);
  delays.disable();
  return delays.percentile(99) / 1e6;
}

function numbers(count: number): number[] {
  return Array.from({ length: count }, (_, i) => i);
}
