import type { Document, MongoClient } from 'mongodb';
import { expect, it, onTestFinished } from 'vitest';
import {
  batchDbOperation,
  concurrentFind,
  copyCollection,
  DbOperationError,
  findByIds,
  updateInBatches,
  verifyCollections,
} from '../../src/main/mongo.js';
import { deferred, quiet } from '../helpers/deferred.js';
import { connect, contents, describeWithMongo } from '../helpers/mongo.js';
import { WireProxy } from '../helpers/wire-proxy.js';

const documents = (n: number) => Array.from({ length: n }, (_, _id) => ({ _id, text: `document ${_id}` }));

describeWithMongo('a server that stops answering', ({ uri, db, name }) => {
  async function proxied(count = 0) {
    const proxy = await WireProxy.start(uri);
    onTestFinished(() => proxy[Symbol.asyncDispose]());
    const client = await connect(proxy.uri, { connectTimeoutMS: 300 });
    const collection = client.db(db.databaseName).collection<Document>(name());
    if (count > 0)
      await db.collection<Document>(collection.collectionName).insertMany(documents(count) as never);
    const abort = new AbortController();
    const reason = new TypeError('enough');
    /** From the `nth` command of this name on nothing is answered, and the work is aborted at once. */
    const muteFrom = (command: string, nth = 1) => {
      let isMute = false;
      proxy.rule = (seen) => {
        isMute ||= seen.name === command && seen.nth >= nth;
        if (!isMute) return undefined;
        setImmediate(() => abort.abort(reason));
        return { do: 'keepReply' };
      };
    };
    return { proxy, client, collection, abort, reason, muteFrom };
  }

  /** What it rejects with; it must do so within a second and some. */
  async function rejection(work: Promise<unknown>, { signal }: AbortController): Promise<unknown> {
    let abortedAt = Number.POSITIVE_INFINITY;
    signal.addEventListener('abort', () => {
      abortedAt = performance.now();
    });
    const error = await work.then(
      () => expect.unreachable('it should have been aborted'),
      (thrown) => thrown,
    );
    expect(performance.now() - abortedAt).toBeLessThan(2000);
    return error;
  }

  /** Closes a client whose server answers again, and sees that it takes its sockets with it. */
  async function closed(client: MongoClient, proxy: WireProxy): Promise<void> {
    proxy.rule = () => undefined;
    await client.close();
    while (proxy.connections > 0) await quiet();
  }

  it.each([
    ['insert', { operation: 'insertMany', items: documents(100) }],
    ['update', { operation: 'upsert', items: documents(100) }],
    ['delete', { operation: 'deleteMany', items: documents(100).map(({ _id }) => _id) }],
  ] as const)('leaves what a batch (%s) sent unknown', async (command, work) => {
    const { proxy, client, collection, abort, reason, muteFrom } = await proxied();
    muteFrom(command, 2);
    const options = { collection, batchSize: 10, concurrency: 2, signal: abort.signal, ...work };
    const error = (await rejection(batchDbOperation(options as never), abort)) as DbOperationError;
    expect(error).toBeInstanceOf(DbOperationError);
    expect(error).toMatchObject({ code: 'MILLRACE_UNKNOWN_OUTCOME', cause: reason });
    const { items, acknowledged, rejected, unknown, notDone, unknowns } = error.outcome;
    expect(unknown).toBeGreaterThanOrEqual(10);
    expect(unknown).toBe(unknowns.length);
    expect([acknowledged + unknown + notDone, rejected]).toEqual([items, 0]);
    await closed(client, proxy);
  });

  it('waits a second for the answer of what is under way', async () => {
    const { proxy, collection, abort, reason } = await proxied();
    const gate = deferred();
    proxy.on('insert', 1, { do: 'delay', until: gate.promise });
    const items = documents(10);
    const work = batchDbOperation({ collection, operation: 'insertMany', items, signal: abort.signal });
    const ended = rejection(work, abort);
    while (proxy.count('insert') < 1) await quiet();
    abort.abort(reason);
    setTimeout(gate.resolve, 100);
    expect(await ended).toBe(reason);
    expect(await contents(db, collection.collectionName)).toEqual(items);
  });

  it('ends what only begins, as it reads back, or asks what the server is', async () => {
    const { proxy, client, collection, abort, reason, muteFrom } = await proxied();
    const { signal } = abort;
    const options = { collection, operation: 'insertMany', items: documents(10), signal } as const;
    muteFrom('hello', proxy.count('hello') + 1);
    expect(await rejection(batchDbOperation(options), abort)).toBe(reason);
    await closed(client, proxy);

    const other = await proxied();
    other.muteFrom('find');
    const { rule } = other.proxy;
    other.proxy.rule = (seen) => (seen.name === 'insert' ? { do: 'dropReply' } : rule(seen));
    const error = await rejection(
      batchDbOperation({ ...options, collection: other.collection, signal: other.abort.signal }),
      other.abort,
    );
    expect(error).toMatchObject({ code: 'MILLRACE_UNKNOWN_OUTCOME', outcome: { unknown: 10 } });
    await closed(other.client, other.proxy);
  });

  it.each(['find', 'getMore'])(
    'rejects queries with the reason, when %s is not answered',
    async (command) => {
      const { proxy, client, collection, abort, reason, muteFrom } = await proxied(500);
      muteFrom(command);
      const { signal } = abort;
      const queries = [{ filter: {} }, { filter: { _id: 1 } }];
      expect(await rejection(concurrentFind({ collection, queries, signal }), abort)).toBe(reason);
      if (command === 'find')
        expect(await rejection(findByIds({ collection, ids: [1, 2], signal }), abort)).toBe(reason);
      await closed(client, proxy);
    },
  );

  it.each([
    ['find', 1],
    ['hello', 1],
    ['insert', 1],
    ['insert', 2],
    ['update', 2],
    ['getMore', 1],
    ['createIndexes', 1],
  ])('ends a copy when %s %i is not answered, which goes on later', async (command, nth) => {
    const { proxy, client, collection: source, abort, reason, muteFrom } = await proxied(60);
    await db.collection(source.collectionName).createIndex({ text: 1 });
    const target = source.db.collection(name());
    const options = { source, target, batchSize: 20 };
    muteFrom(command, proxy.count(command) + nth);
    expect(await rejection(copyCollection({ ...options, signal: abort.signal }), abort)).toBe(reason);
    proxy.rule = () => undefined;
    expect(await copyCollection(options)).toMatchObject({ documents: 60, rejected: 0 });
    expect(await contents(db, target.collectionName)).toEqual(documents(60));
    await closed(client, proxy);
  });

  it.each(['aggregate', 'find', 'getMore'])('ends a comparison when %s is not answered', async (command) => {
    const { proxy, client, collection, abort, reason, muteFrom } = await proxied(60);
    const both = { source: collection, target: collection, batchSize: 20 };
    muteFrom(command);
    expect(await rejection(verifyCollections({ ...both, signal: abort.signal }), abort)).toBe(reason);
    await closed(client, proxy);
  });

  it('ends an update of a collection, which goes on later', async () => {
    const { proxy, client, collection, abort, reason, muteFrom } = await proxied(60);
    const options = { collection, update: { $set: { seen: true } }, batchSize: 20 };
    muteFrom('update', 3);
    expect(await rejection(updateInBatches({ ...options, signal: abort.signal }), abort)).toBe(reason);
    proxy.rule = () => undefined;
    expect(await updateInBatches(options)).toMatchObject({ documents: 60 });
    expect(await db.collection(collection.collectionName).countDocuments({ seen: true })).toBe(60);
    await closed(client, proxy);
  });
});
