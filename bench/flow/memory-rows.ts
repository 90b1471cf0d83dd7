import { streamConcurrent } from 'millrace';
import type { Missing } from '../compare.js';
import { type Row, ratioOf } from '../row.js';
import type { FlowPeers } from './flow-peers.js';

const CONCURRENCY = 50;
/** The first of the items: by then the code is compiled and the heap has the size that it works with. */
const WARM_UP_ITEMS = 200_000;

/** How much the resident memory grows in a run over an async iterable of millions of items. */
export async function* memoryRows({ pMap }: FlowPeers, { quick }: { quick: boolean }): AsyncIterable<Row> {
  const items = quick ? 500_000 : 10_000_000;
  const ours = await growth(items, (inputs) => streamConcurrent(inputs, step, { concurrency: CONCURRENCY }));
  const theirs: number | Missing =
    'why' in pMap
      ? pMap
      : await growth(items, (inputs) =>
          pMap.pMapIterable(inputs, step, { concurrency: CONCURRENCY, backpressure: 4 * CONCURRENCY }),
        );
  yield {
    suite: 'flow',
    case: `memory growth over ${items} items of an async iterable`,
    peer: 'p-map',
    threads: 1,
    node: process.versions.node,
    ours,
    theirs: typeof theirs === 'number' ? theirs : null,
    unit: 'MB',
    better: 'lower',
    ratio: typeof theirs === 'number' ? ratioOf(ours, theirs, 'lower') : null,
    runs: 1,
    ...(typeof theirs !== 'number' && { why: theirs.why }),
  };
}

const step = async (input: number) => input + 1;

async function growth(
  items: number,
  run: (inputs: AsyncIterable<number>) => AsyncIterable<unknown>,
): Promise<number> {
  let [seen, before, peak] = [0, 0, 0];
  for await (const _outcome of run(numbers(items))) {
    seen++;
    if (seen % 10_000 !== 0) continue;
    const { rss } = process.memoryUsage();
    if (seen <= WARM_UP_ITEMS) before = Math.max(before, rss);
    peak = Math.max(peak, rss);
  }
  if (seen !== items) throw new Error(`${seen} of ${items} items came out`);
  return Math.max(0.1, (peak - before) / 1e6);
}

async function* numbers(count: number): AsyncGenerator<number> {
  for (let i = 0; i < count; i++) yield i;
}
