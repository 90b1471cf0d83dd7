import type { Document } from 'mongodb';
import { beforeAll, expect, it } from 'vitest';
import { batchDbOperation, DbOperationError } from '../../src/main/mongo.js';
import { mulberry32 } from '../../src/shared/random.js';
import { buildMongoServer, MongoServer, whyNoMongoServer } from '../../tools/mongo/mongo-server.js';
import { connect, contents } from '../helpers/mongo.js';
import { describeNeeding } from '../helpers/requirements.js';

/** All of the points belong to the long proofs. */
const points = Array.from({ length: process.env.MILLRACE_SOAK ? 50 : 3 }, (_, i) => i + 1);
const COUNT = 800;
const documents = Array.from({ length: COUNT }, (_, _id) => ({
  _id: `d${String(_id).padStart(5, '0')}`,
  n: _id,
}));
const retry = { baseMs: 20, capMs: 500, maxAttempts: 60 };

// One that MONGODB_URI names is not ours to kill: this one is always FerretDB.
describeNeeding(await whyNoMongoServer(), 'a server that is killed', () => {
  beforeAll(() => buildMongoServer(), 600_000);

  it.each(points)('loses and doubles nothing when it is started again: point %i', async (seed) => {
    const random = mulberry32(seed);
    await using server = await MongoServer.start();
    const client = await connect(server.uri, {
      serverSelectionTimeoutMS: 10_000,
      heartbeatFrequencyMS: 500,
      // Or the driver waits for seconds before it tells that it can't connect.
      maxAdaptiveRetries: 0,
    });
    const collection = client.db('d').collection<Document>('c');
    // FerretDB itself doesn't survive a kill in the moment in which it makes a database or a collection.
    await client.db('d').createCollection('c');
    const killAt = new Set([Math.floor(random() * COUNT * 0.6), Math.floor(random() * COUNT)]);
    let restarts = Promise.resolve();
    // The kill comes while batches are under way: when an item is asked for, others are being sent.
    async function* items() {
      for (const [i, document] of documents.entries()) {
        yield document;
        if (killAt.has(i)) restarts = restarts.then(() => server.kill()).then(() => server.start());
      }
    }
    const common = { collection, batchSize: 1 + Math.floor(random() * 60), concurrency: 3, retry };
    const inserted = await batchDbOperation({ ...common, operation: 'insertMany', items: items() });
    await restarts;
    expect(inserted).toMatchObject({ items: COUNT, acknowledged: COUNT, rejected: 0, unknown: 0 });
    expect(await contents(client.db('d'), 'c')).toEqual(documents);
  });

  it('that stays away ends the operation, which goes on later', async () => {
    await using server = await MongoServer.start();
    const client = await connect(server.uri, { serverSelectionTimeoutMS: 100, heartbeatFrequencyMS: 500 });
    await client.db('d').createCollection('c');
    const collection = client.db('d').collection<Document>('c');
    async function* items() {
      for (const [i, document] of documents.entries()) {
        if (i === 400) await server.kill();
        yield document;
      }
    }
    const common = { collection, operation: 'insertMany', batchSize: 50, concurrency: 2 } as const;
    const error = await batchDbOperation({
      ...common,
      items: items(),
      retry: { baseMs: 1, capMs: 10, maxAttempts: 3 },
    }).then(
      () => expect.unreachable(),
      (thrown) => thrown as DbOperationError,
    );
    expect(error).toBeInstanceOf(DbOperationError);
    expect(error.code).toMatch(/^MILLRACE_(SERVER_UNAVAILABLE|UNKNOWN_OUTCOME)$/);
    const { items: taken, acknowledged, rejected, unknown, notDone } = error.outcome;
    expect(acknowledged + rejected + unknown + notDone).toBe(taken);
    expect(taken).toBeLessThan(COUNT);
    await server.start();
    const later = await batchDbOperation({ ...common, items: documents, existing: 'accept', retry });
    expect(later).toMatchObject({ acknowledged: COUNT, rejected: 0 });
    expect(await contents(client.db('d'), 'c')).toEqual(documents);
  });
});
