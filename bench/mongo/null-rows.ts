import type { Row } from '../row.js';
import { child } from './child.js';
import { measuredRow } from './measured-row.js';

interface Taken {
  cpuMicroseconds: number;
  megabytes: number;
}

/**
 * What batches cost a document, without a server that does anything: the processor's time, less that of a run whose bytes are
 * ready, which is what the generator, the driver's commands and the server's double take; and the peak of the memory.
 */
export async function* nullServerRows({ quick }: { quick: boolean }): AsyncIterable<Row> {
  const documents = quick ? 200_000 : 1_000_000;
  const runs = quick ? 1 : 3;
  for (const way of ['insert', 'upsert']) {
    const name = `insert ${documents} documents${way === 'upsert' ? ' by upsert' : ''}, null server`;
    const [ours, theirs, idle]: [Taken[], Taken[], Taken[]] = [[], [], []];
    for (let run = 0; run < runs; run++) {
      ours.push(await child('null-process.js', way, String(documents)));
      theirs.push(await child('null-process.js', `plain ${way}`, String(documents)));
      idle.push(await child('null-process.js', `idle ${way}`, String(documents)));
    }
    const own = (taken: readonly Taken[]) =>
      median(taken.map(({ cpuMicroseconds }, run) => cpuMicroseconds - idle[run]!.cpuMicroseconds));
    const peak = (taken: readonly Taken[]) => Math.max(...taken.map(({ megabytes }) => megabytes));
    yield measuredRow(name, 'plain', 'µs/document', own(ours), own(theirs), runs);
    yield measuredRow(`${name}, memory`, 'plain', 'MB', peak(ours), peak(theirs), runs);
  }
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[values.length >> 1]!;
}
