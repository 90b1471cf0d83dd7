import { fileURLToPath } from 'node:url';
import { ComputePool } from 'millrace';
import { Piscina } from 'piscina';
import { compare, timed } from '../compare.js';
import type { Suite } from '../suite.js';

const TASKS = new URL('../tasks.js', import.meta.url);

/**
 * A Piscina as it comes, and as a pool needs to be whose tasks have timers and sockets: with the default, threads
 * without a task are frozen.
 */
const PEERS = {
  piscina: {},
  'piscina-atomics-async': { atomics: 'async' },
} as const;

const CASES = [
  { case: 'trivial function', exportName: 'increment', tasks: 10_000, quickTasks: 2_000 },
  { case: 'CPU-bound function', exportName: 'countPrimes', tasks: 1_000, quickTasks: 200 },
];

/**
 * Tasks a second: a function from a file of the user's, all tasks submitted at once and all results awaited. Ours
 * adds a queue with priorities, cancellation, errors that keep their fields, and statistics; the peer is the pool
 * that lies below it, called directly.
 */
export const pool: Suite = async function* ({ threads: counts, runs, quick }) {
  for (const threads of counts) {
    await using ours = new ComputePool({ threads });
    for (const [peer, options] of Object.entries(PEERS)) {
      const filename = fileURLToPath(TASKS);
      const theirs = new Piscina({ filename, minThreads: threads, maxThreads: threads, ...options });
      try {
        for (const { case: name, exportName, tasks, quickTasks } of CASES) {
          const amount = quick ? quickTasks : tasks;
          const inputs = Array.from({ length: amount }, (_, n) => n % 100);
          yield await compare({
            suite: 'pool',
            case: name,
            peer,
            threads,
            runs,
            metric: { unit: 'tasks/s', amount },
            ours: timed(() =>
              Promise.all(
                inputs.map((input) => ours.run('user-function', { url: TASKS.href, exportName, input })),
              ),
            ),
            theirs: timed(() => Promise.all(inputs.map((input) => theirs.run(input, { name: exportName })))),
            difference,
          });
        }
      } finally {
        await theirs.destroy();
      }
    }
  }
};

function difference(ours: readonly unknown[], theirs: readonly unknown[]): string | null {
  const at = ours.findIndex((result, task) => result !== theirs[task]);
  return at === -1 ? null : `task ${at} gave ${ours[at]}, the peer's gave ${theirs[at]}`;
}
