import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { streamConcurrent } from 'millrace';
import type { Missing } from '../compare.js';
import { type Row, ratioOf } from '../row.js';
import type { FlowPeers } from './flow-peers.js';

const CONCURRENCY = 50;
/** By then the code is compiled and the heap has the size that it works with. */
const WARM_UP_ITEMS = 200_000;
const LOOKS = 20;

/**
 * What a run over an async iterable of millions of items keeps: by how many megabytes the live heap, that is what a
 * collection leaves, is larger at its largest than after the warm-up. Resident memory goes up and down by what V8 leaves
 * uncollected, with any program.
 */
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
    case: `memory kept over ${items} items of an async iterable`,
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
  const collect = garbageCollector();
  let [seen, before, peak] = [0, Number.NaN, 0];
  for await (const _outcome of run(numbers(items))) {
    seen++;
    const isWarm = seen === WARM_UP_ITEMS;
    if (!isWarm && (seen < WARM_UP_ITEMS || seen % (items / LOOKS) !== 0)) continue;
    collect();
    const { heapUsed, external, arrayBuffers } = process.memoryUsage();
    const live = heapUsed + external + arrayBuffers;
    if (isWarm) before = live;
    peak = Math.max(peak, live);
  }
  if (seen !== items) throw new Error(`${seen} of ${items} items came out`);
  return Math.max(0.1, (peak - before) / 1e6);
}

function garbageCollector(): () => void {
  setFlagsFromString('--expose-gc');
  return runInNewContext('gc') as () => void;
}

async function* numbers(count: number): AsyncGenerator<number> {
  for (let i = 0; i < count; i++) yield i;
}
