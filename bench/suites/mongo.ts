import { MongoClient } from 'mongodb';
import { compare, type Missing } from '../compare.js';
import { type BenchServer, openBenchServer } from '../mongo/bench-server.js';
import { mongoContests } from '../mongo/contests.js';
import { measuredRow } from '../mongo/measured-row.js';
import { copyMemoryRows } from '../mongo/memory-rows.js';
import { nullServerRows } from '../mongo/null-rows.js';
import type { Suite } from '../suite.js';

/** A command for each document takes many seconds, and its time hardly changes. */
const SLOW_RUNS = 1;
const CASES = ['insert', 'find', 'copy', 'clean'];

let opened: Promise<BenchServer | Missing> | undefined;

export async function describeMongo(): Promise<string[]> {
  opened ??= openBenchServer();
  const server = await opened;
  return ['why' in server ? `no server: ${server.why}` : server.name];
}

/** Many documents in a database, beside the obvious loop, the driver's own calls for many, and all calls at once. */
export const mongo: Suite = async function* ({ runs, quick }) {
  const count = quick ? 1_000 : 10_000;
  opened ??= openBenchServer();
  const server = await opened;
  opened = undefined;
  if ('why' in server) {
    for (const name of CASES)
      yield measuredRow(`${name} ${count} documents`, 'plain', 'documents/s', server, null);
  } else {
    await using _ = server;
    const client = await MongoClient.connect(server.uri);
    const db = client.db(`millrace-bench-${process.pid}`);
    try {
      for (const { case: name, documents, ours, peers } of await mongoContests(db, count)) {
        for (const [peer, theirs] of Object.entries(peers)) {
          yield await compare({
            suite: 'mongo',
            case: name,
            peer,
            threads: 1,
            runs: peer === 'plain' ? runs : Math.min(runs, SLOW_RUNS),
            metric: { unit: 'documents/s', amount: documents },
            ours,
            theirs,
            difference: (mine: string, others: string) =>
              mine === others ? null : `${mine.slice(0, 100)}, not ${others.slice(0, 100)}`,
          });
        }
      }
      yield* copyMemoryRows(db, server.uri, count);
    } finally {
      await db.dropDatabase();
      await client.close();
    }
  }
  yield* nullServerRows({ quick });
};
