import { batchDbOperation } from 'millrace/mongo';
import type { Db } from 'mongodb';
import type { Row } from '../row.js';
import { child } from './child.js';
import { chunkDocument } from './documents.js';
import { measuredRow } from './measured-row.js';

const TIMES = 4;

/** The peak memory of a process that copies a collection, and another one that is four times as large. */
export async function* copyMemoryRows(db: Db, uri: string, count: number): AsyncIterable<Row> {
  const peaks = { ours: [] as number[], plain: [] as number[] };
  for (const size of [count, TIMES * count]) {
    const source = `source of ${size}`;
    const items = chunks(size);
    await batchDbOperation({ collection: db.collection(source), operation: 'insertMany', items });
    for (const way of ['ours', 'plain'] as const) {
      const target = `${way} of ${size}`;
      const args = [uri, db.databaseName, source, target, way];
      const copied = await child<{ count: number; megabytes: number }>('copy-process.js', ...args);
      if (copied.count !== size) throw new Error(`${copied.count} of ${size} documents were copied`);
      peaks[way].push(copied.megabytes);
      await db.dropCollection(target);
    }
    await db.dropCollection(source);
    yield measuredRow(
      `copy memory, ${size} documents`,
      'plain',
      'MB',
      peaks.ours.at(-1)!,
      peaks.plain.at(-1)!,
    );
  }
  const grown = ([small, large]: readonly number[]) => Math.max(0.1, large! - small!);
  const name = `copy memory growth from ${count} to ${TIMES * count} documents`;
  yield measuredRow(name, 'plain', 'MB', grown(peaks.ours), grown(peaks.plain));
}

function* chunks(count: number) {
  for (let i = 0; i < count; i++) yield chunkDocument(i);
}
