import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { Collection } from 'mongodb';
import { expect, it } from 'vitest';
import { copyCollection } from '../../src/main/mongo/copy-collection.js';
import type { ProgressReport } from '../../src/shared/progress.js';
import { mulberry32 } from '../../src/shared/random.js';
import { MongoServer } from '../../tools/mongo/mongo-server.js';
import { connect, describeWithMongo } from '../helpers/mongo.js';

const POINTS = process.env.MILLRACE_SOAK ? 50 : 3;
const DOCUMENTS = 300;
const BATCH = 10;
const RANGES = 3;
const copying = fileURLToPath(new URL('../fixtures/copying.js', import.meta.url));

async function fill(collection: Collection): Promise<void> {
  const documents = Array.from({ length: DOCUMENTS }, (_, i) => ({ _id: i as never, text: `document ${i}` }));
  await collection.insertMany(documents);
}

async function rawDocumentsOf(collection: Collection): Promise<unknown[]> {
  return collection.find({}, { raw: true, sort: { _id: 1 } }).toArray();
}

describeWithMongo('a copy', (mongo) => {
  const { db, uri } = mongo;

  it(`goes on after kill -9 at any of ${POINTS} moments, and repeats at most a batch a range`, {
    timeout: 1_200_000,
  }, async () => {
    const source = db.collection(mongo.name());
    await fill(source);
    const random = mulberry32(6);
    for (let point = 0; point < POINTS; point++) {
      const target = db.collection(mongo.name());
      const killAt = Math.floor(random() * DOCUMENTS);
      const args = [copying, uri, db.databaseName, source.collectionName, target.collectionName];
      const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
      const exit = once(child, 'exit');
      for await (const line of createInterface({ input: child.stdout })) {
        if (Number(line) >= killAt) child.kill('SIGKILL');
      }
      await exit;
      const result = await copyCollection({ source, target, batchSize: BATCH });
      const context = `killed at ${killAt}: ${JSON.stringify(result)}`;
      expect(result, context).toMatchObject({ documents: DOCUMENTS, rejected: 0 });
      expect(result.resumed, context).toBeGreaterThanOrEqual(
        Math.floor(killAt / BATCH) * BATCH - RANGES * BATCH,
      );
      expect(result.same, context).toBeLessThanOrEqual(RANGES * BATCH);
      expect(result.resumed + result.same + result.written).toBe(DOCUMENTS);
      expect(await rawDocumentsOf(target)).toEqual(await rawDocumentsOf(source));
      await target.drop();
    }
  });

  it(`goes on after kill -9 and restart of the server at any of ${POINTS} moments`, {
    timeout: 1_200_000,
  }, async () => {
    await using server = await MongoServer.start();
    const client = await connect(server.uri);
    const own = client.db('copies');
    const source = own.collection('source');
    await fill(source);
    const random = mulberry32(7);
    for (let point = 0; point < POINTS; point++) {
      const target = own.collection(`target${point}`);
      const killAt = Math.floor(random() * DOCUMENTS);
      let restart: Promise<void> | undefined;
      const progress = ({ done }: ProgressReport) => {
        if (done >= killAt) restart ??= server.kill().then(() => server.start());
      };
      const options = {
        source,
        target,
        batchSize: BATCH,
        rangeDocuments: 100,
        concurrency: RANGES,
        progress,
      };
      const result = await copyCollection(options);
      await restart;
      expect(result, `killed at ${killAt}`).toMatchObject({ documents: DOCUMENTS, rejected: 0, resumed: 0 });
      expect(result.written + result.same).toBe(DOCUMENTS);
      expect(await rawDocumentsOf(target)).toEqual(await rawDocumentsOf(source));
    }
  });
});
