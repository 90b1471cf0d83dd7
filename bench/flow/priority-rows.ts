import { runConcurrent } from 'millrace';
import { compare, type Timed } from '../compare.js';
import type { Mismatch, Row } from '../row.js';
import type { FlowPeers } from './flow-peers.js';

const LEVELS = 1000;

/**
 * Nanoseconds an item, of those that are all in the queue before the first runs, from being put in to its end. The most
 * urgent go first; p-queue keeps its queue as a sorted list, which a million items are too many for.
 */
export async function* priorityRows(
  { pQueue }: FlowPeers,
  { runs, quick }: { runs: number; quick: boolean },
): AsyncIterable<Row | Mismatch> {
  for (const items of quick ? [20_000] : [50_000, 1_000_000]) {
    const levels = Array.from({ length: items }, (_, i) => (i * 7919) % LEVELS);
    const theirs =
      items > 50_000
        ? { why: 'takes time that grows with the square of the items' }
        : 'why' in pQueue
          ? pQueue
          : async (): Promise<Timed<string>> => {
              const startMs = performance.now();
              const queue = new pQueue.default({ concurrency: 1 });
              let [rises, last] = [0, -1];
              const work = (level: number) => async () => {
                if (level < last) rises++;
                last = level;
              };
              // The first starts at once: it waits until all are there.
              void queue.add(() => new Promise((resolve) => setImmediate(resolve)));
              for (const level of levels) void queue.add(work(level), { priority: -level });
              await queue.onIdle();
              return { elapsedMs: performance.now() - startMs, answer: `${rises} out of order` };
            };
    yield await compare({
      suite: 'flow',
      case: `priority ${items} queued, ${LEVELS} levels`,
      peer: 'p-queue',
      threads: 1,
      runs: Math.min(runs, 3),
      metric: { unit: 'ns/item', pieces: items },
      ours: async (): Promise<Timed<string>> => {
        const startMs = performance.now();
        let [rises, last] = [0, -1];
        const work = async (level: number) => {
          if (level < last) rises++;
          last = level;
        };
        await runConcurrent(levels, work, { concurrency: 1, maxPending: items, priority: (level) => level });
        return { elapsedMs: performance.now() - startMs, answer: `${rises} out of order` };
      },
      theirs,
      difference: (ours, other) => (ours === other ? null : `ours ${ours}, the peer ${other}`),
    });
  }
}
