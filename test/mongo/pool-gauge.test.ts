import { type Document, MongoClient } from 'mongodb';
import { expect, it, onTestFinished } from 'vitest';
import {
  batchDbOperation,
  concurrentFind,
  copyCollection,
  updateInBatches,
  verifyCollections,
  watchPool,
} from '../../src/main/mongo.js';
import { deferred, quiet } from '../helpers/deferred.js';
import { describeWithMongo } from '../helpers/mongo.js';
import { WireProxy } from '../helpers/wire-proxy.js';

const range = (n: number) => Array.from({ length: n }, (_, i) => i);
const documents = (n: number) => range(n).map((_id) => ({ _id }));

describeWithMongo('the pool', ({ uri, db, name }) => {
  async function pooled(maxPoolSize: number) {
    const proxy = await WireProxy.start(uri);
    onTestFinished(() => proxy[Symbol.asyncDispose]());
    const client = new MongoClient(proxy.uri, { maxPoolSize });
    onTestFinished(() => client.close(true));
    const pool = watchPool(client);
    let most = 0;
    client.on('connectionCheckedOut', () => {
      most = Math.max(most, pool.use.inUse);
    });
    const collection = client.db(db.databaseName).collection<Document>(name());
    return { proxy, client, pool, collection, most: () => most };
  }

  it('is never used by more than the share of our work', async () => {
    const { collection, pool, most } = await pooled(10);
    await batchDbOperation({
      collection,
      operation: 'insertMany',
      items: documents(400),
      batchSize: 5,
      concurrency: 40,
    });
    expect(most()).toBe(8);
    expect(pool.use).toMatchObject({ size: 10, inUse: 0, waiting: 0 });
    const queries = documents(60).map((filter) => ({ filter }));
    await concurrentFind({ collection, queries, concurrency: 40, poolShare: 0.5 });
    expect(most()).toBe(8);
    expect(pool.sample.uses).toBeGreaterThan(140);
    expect(pool.sample.meanHeldMs).toBeGreaterThan(0);
  });

  it('counts the work of others, too, and goes on when they give back', async () => {
    const { proxy, client, collection, pool } = await pooled(10);
    await client.connect();
    const gate = deferred();
    proxy.rule = ({ name, body }) =>
      name === 'find' && body.filter?.others ? { do: 'delay', until: gate.promise } : undefined;
    const others = range(7).map(() => client.db('x').collection('y').find({ others: true }).toArray());
    while (pool.use.inUse < 7) await quiet();
    const work = batchDbOperation({
      collection,
      operation: 'insertMany',
      items: documents(50),
      batchSize: 5,
      concurrency: 10,
    });
    let most = 0;
    client.on('connectionCheckedOut', () => {
      most = Math.max(most, pool.use.inUse);
    });
    expect(await work).toMatchObject({ acknowledged: 50 });
    expect(most).toBe(8);
    gate.resolve();
    await Promise.all(others);
    expect(pool.use.inUse).toBe(0);
  });

  it('waits while others have all of it', async () => {
    const { proxy, client, collection, pool } = await pooled(2);
    await client.connect();
    const gate = deferred();
    proxy.rule = ({ name, body }) =>
      name === 'find' && body.filter?.others ? { do: 'delay', until: gate.promise } : undefined;
    const other = client.db('x').collection('y').find({ others: true }).toArray();
    while (proxy.count('find') < 1) await quiet();
    const work = concurrentFind({ collection, queries: [{ filter: {} }], poolShare: 0.5 });
    for (let i = 0; i < 20; i++) await quiet();
    expect(proxy.count('find')).toBe(1);
    gate.resolve();
    await other;
    expect(await work).toEqual([[]]);
    expect(pool.use.waiting).toBe(0);
  });

  it.each([
    [10, 8],
    [1, 1],
  ])('bounds work on whole collections, too: of %i connections %i', async (size, bound) => {
    const { client, collection: source, most } = await pooled(size);
    await client.connect();
    await db.collection<Document>(source.collectionName).insertMany(documents(96) as never);
    const target = source.db.collection(name());
    // Reading ahead and writing takes two connections for each range. Few documents: a lease's heart beats every three seconds,
    // whatever the pool is used for.
    const ranges = { batchSize: 2, rangeDocuments: 6, concurrency: 16 };
    expect(await copyCollection({ source, target, ...ranges })).toMatchObject({ written: 96 });
    const update = { $set: { seen: true } };
    expect(await updateInBatches({ collection: target, update, ...ranges })).toMatchObject({ modified: 96 });
    const both = range(8).map(() => verifyCollections({ source, target, batchSize: 20 }));
    for (const result of await Promise.all(both)) expect(result).toMatchObject({ different: 96 });
    expect(most()).toBe(bound);
  });

  it('does not stop with a pool of one', async () => {
    const { proxy, collection, most } = await pooled(1);
    // Reading back has to pass the same gate.
    proxy.on('insert', 3, { do: 'dropReply' });
    const outcome = await batchDbOperation({
      collection,
      operation: 'insertMany',
      items: documents(100),
      batchSize: 5,
      concurrency: 10,
      retry: { baseMs: 1, capMs: 5, maxAttempts: 20 },
    });
    expect(outcome).toMatchObject({ acknowledged: 100 });
    expect(most()).toBe(1);
  });
});
