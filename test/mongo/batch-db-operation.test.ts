import { type AnyBulkWriteOperation, type Document, Double, Long, ObjectId } from 'mongodb';
import { expect, it, onTestFinished } from 'vitest';
import { concurrencyLimit, retry as retryPolicy, timeout } from '../../src/main/index.js';
import {
  batchDbOperation,
  DbOperationError,
  type DbOperationOptions,
  type DbOutcome,
  type RejectedItem,
} from '../../src/main/mongo.js';
import { deferred, quiet } from '../helpers/deferred.js';
import { connect, contents, describeWithMongo } from '../helpers/mongo.js';
import { WireProxy } from '../helpers/wire-proxy.js';

type StoredDocument = Document & { _id: number };
const range = (n: number) => Array.from({ length: n }, (_, i) => i);
const documents = (n: number) => range(n).map((_id) => ({ _id, text: `document ${_id}` }));
/** So that a test doesn't wait: the first attempts follow at once. */
const retry = { baseMs: 1, capMs: 20, maxAttempts: 30 };

/** Rejects with a DbOperationError; gives that. */
async function failure(work: Promise<unknown>): Promise<DbOperationError> {
  const error = await work.then(
    () => expect.unreachable('it should have failed'),
    (thrown) => thrown,
  );
  expect(error).toBeInstanceOf(DbOperationError);
  return error as DbOperationError;
}

function expectPartition({ items, acknowledged, rejected, unknown, notDone, unknowns }: DbOutcome) {
  expect(acknowledged + rejected + unknown + notDone).toBe(items);
  expect(unknowns.length).toBe(unknown);
}

describeWithMongo('batchDbOperation', ({ uri, db, name }) => {
  /** A collection behind a proxy of its own. */
  async function proxied() {
    const proxy = await WireProxy.start(uri);
    onTestFinished(() => proxy[Symbol.asyncDispose]());
    const client = await connect(proxy.uri, { retryReads: false, serverSelectionTimeoutMS: 5000 });
    const collection = client.db(db.databaseName).collection<Document>(name());
    const stored = () => contents(db, collection.collectionName);
    return { proxy, collection, stored };
  }
  const sizes = (proxy: WireProxy, list = 'documents') =>
    proxy.commands.filter(({ body }) => list in body).map(({ body }) => body[list].length);

  it('inserts, a command for each batch, from an array, an iterable or an async iterable', async () => {
    async function* later() {
      for (const document of documents(25)) {
        await quiet();
        yield document;
      }
    }
    for (const items of [documents(25), new Set(documents(25)), later()]) {
      const { proxy, collection, stored } = await proxied();
      const outcome = await batchDbOperation({
        collection,
        operation: 'insertMany',
        items,
        batchSize: 10,
        concurrency: 1,
      });
      expect(outcome).toMatchObject({ items: 25, acknowledged: 25, inserted: 25, batches: 3, commands: 3 });
      expectPartition(outcome);
      expect(sizes(proxy)).toEqual([10, 10, 5]);
      expect(await stored()).toEqual(documents(25));
    }
  });

  it('gives documents an _id before they are sent, and leaves those of the caller as they are', async () => {
    const { proxy, collection, stored } = await proxied();
    const items = [{ a: 1 }, { a: 2, _id: 'own' }];
    proxy.on('insert', 1, { do: 'dropReply' });
    const outcome = await batchDbOperation({ collection, operation: 'insertMany', items, retry });
    expect(outcome).toMatchObject({ acknowledged: 2, rejected: 0 });
    expect(items).toEqual([{ a: 1 }, { a: 2, _id: 'own' }]);
    const { body } = proxy.commands[0]!;
    expect(body.documents.map((document: Document) => Object.keys(document))).toEqual([
      ['_id', 'a'],
      ['_id', 'a'],
    ]);
    expect(await stored()).toHaveLength(2);
  });

  it('reads back what was not answered: the same is done, what is absent is sent, another is a conflict', async () => {
    const { proxy, collection, stored } = await proxied();
    await db
      .collection<StoredDocument>(collection.collectionName)
      .insertOne({ _id: 3, text: 'of somebody else' });
    proxy.on('insert', 1, { do: 'dropReply' });
    const outcome = await batchDbOperation({
      collection,
      operation: 'insertMany',
      items: documents(8),
      batchSize: 4,
      concurrency: 1,
      retry,
    });
    expect(outcome).toMatchObject({ acknowledged: 7, rejected: 1, unknown: 0, notDone: 0 });
    expect(outcome.rejections).toMatchObject([{ index: 3, id: 3, code: 11000, category: 'fatal' }]);
    // Nothing but the second batch was sent again or anew.
    expect(proxy.commands.map(({ name }) => name)).toEqual(['insert', 'find', 'insert']);
    expect(await stored()).toEqual(
      documents(8).map((d) => (d._id === 3 ? { _id: 3, text: 'of somebody else' } : d)),
    );
  });

  it('sends again what never arrived', async () => {
    const { proxy, collection, stored } = await proxied();
    proxy.on('insert', 1, { do: 'cut' });
    const items = documents(5);
    const outcome = await batchDbOperation({ collection, operation: 'insertMany', items, retry });
    expect(outcome).toMatchObject({ acknowledged: 5, rejected: 0, commands: 3 });
    expect(await stored()).toEqual(documents(5));
  });

  it('takes a duplicate of its own for done, by reading back', async () => {
    const { proxy, collection, stored } = await proxied();
    // The command arrives after it was read back: cut for the client, and late at the server.
    proxy.on('insert', 1, { do: 'cut' });
    const late = deferred();
    proxy.on('insert', 2, { do: 'delay', until: late.promise });
    const items = [...documents(3), { _id: 1, text: 'a genuine duplicate' }];
    const work = batchDbOperation({ collection, operation: 'insertMany', items, retry });
    while (proxy.count('insert') < 2) await quiet();
    await db.collection<StoredDocument>(collection.collectionName).insertMany(documents(2));
    late.resolve();
    const outcome = await work;
    expect(outcome).toMatchObject({ acknowledged: 3, rejected: 1 });
    expect(outcome.rejections).toMatchObject([{ index: 3, id: 1, code: 11000 }]);
    expect(await stored()).toEqual(documents(3));
  });

  it('rejects genuine duplicates with their index, unless what is there is the same and accepted', async () => {
    const { collection, stored } = await proxied();
    const items = documents(250);
    await batchDbOperation({ collection, operation: 'insertMany', items: items.slice(100, 150) });
    const again = await batchDbOperation({ collection, operation: 'insertMany', items, maxSamples: 3 });
    expect(again).toMatchObject({ acknowledged: 200, rejected: 50 });
    expect(again.rejections.map(({ index }) => index)).toEqual([100, 101, 102]);
    const accepted = await batchDbOperation({
      collection,
      operation: 'insertMany',
      items,
      existing: 'accept',
    });
    expect(accepted).toMatchObject({ acknowledged: 250, rejected: 0 });
    const changed = items.map((d) => (d._id === 7 ? { ...d, text: new Double(1) } : d));
    const some = await batchDbOperation({
      collection,
      operation: 'insertMany',
      items: changed,
      existing: 'accept',
    });
    expect(some.rejections).toMatchObject([{ index: 7, code: 11000 }]);
    expect(await stored()).toEqual(items);
  });

  it('rejects what is too large or no BSON before it is sent, with index and _id, and nothing else', async () => {
    const { proxy, collection, stored } = await proxied();
    const cyclic: Document = { _id: 'cyclic' };
    cyclic.self = cyclic;
    const items = [
      { _id: 0 },
      { _id: 'large', bytes: Buffer.alloc(16 * 1024 * 1024) },
      { _id: 1 },
      { _id: 'huge', bytes: Buffer.alloc(20 * 1024 * 1024) },
      cyclic,
      { _id: 'nul', 'a\0b': 1 },
      null as unknown as Document,
      { _id: 2 },
    ];
    const seen: RejectedItem[] = [];
    const outcome = await batchDbOperation({
      collection,
      operation: 'insertMany',
      items,
      onRejected: (item) => seen.push(item),
    });
    expect(outcome).toMatchObject({ items: 8, acknowledged: 3, rejected: 5, commands: 1 });
    expect(outcome.rejections).toMatchObject([
      { index: 1, id: 'large', code: 'MILLRACE_OVER_LIMIT' },
      { index: 3, id: 'huge', code: 'MILLRACE_OVER_LIMIT' },
      { index: 4, id: 'cyclic', code: 'MILLRACE_INVALID_INPUT' },
      { index: 5, id: 'nul', code: 'MILLRACE_INVALID_INPUT' },
      { index: 6, id: undefined, code: 'MILLRACE_INVALID_INPUT' },
    ]);
    expect(seen).toEqual(outcome.rejections);
    expect(sizes(proxy)).toEqual([3]);
    expect(await stored()).toHaveLength(3);
  });

  it('sends documents of the largest size, and cuts by bytes', async () => {
    const { proxy, collection } = await proxied();
    // 16 MiB with _id, field and overhead.
    const largest = { _id: 0, bytes: Buffer.alloc(16 * 1024 * 1024 - 31) };
    const items = [largest, ...range(9).map((i) => ({ _id: i + 1, bytes: Buffer.alloc(4_000_000) }))];
    const outcome = await batchDbOperation({ collection, operation: 'insertMany', items, concurrency: 1 });
    expect(outcome).toMatchObject({ acknowledged: 10, rejected: 0 });
    expect(sizes(proxy)).toEqual([1, 4, 4, 1]);
  });

  it('fills a message with more than the largest document, where it is asked for', async () => {
    const { proxy, collection } = await proxied();
    const items = range(14).map((_id) => ({ _id, bytes: Buffer.alloc(4_000_000) }));
    const given = { collection, operation: 'insertMany', items, concurrency: 1 } as const;
    const outcome = await batchDbOperation({ ...given, maxBytes: 1e9 });
    expect(outcome).toMatchObject({ acknowledged: 14, rejected: 0 });
    expect(sizes(proxy)).toEqual([11, 3]);
  });

  it('shows its commands to who watches them, with their documents', async () => {
    const client = await connect(uri, { monitorCommands: true });
    const seen: Document[] = [];
    client.on('commandStarted', ({ commandName, command }) => {
      if (commandName === 'insert') seen.push(command);
    });
    const collection = client.db(db.databaseName).collection(name());
    await batchDbOperation({ collection, operation: 'insertMany', items: documents(3) });
    expect(seen).toMatchObject([{ insert: collection.collectionName, documents: documents(3) }]);
  });

  it('ordered: sends nothing behind the first failure, wherever that is', async () => {
    const first = 130;
    for (const bad of [
      { _id: 7, again: true },
      { _id: 'nul', 'a\0b': 1 },
    ]) {
      const { collection, stored } = await proxied();
      const items: Document[] = documents(400);
      items[first] = bad;
      const options: DbOperationOptions<'insertMany'> = {
        collection,
        operation: 'insertMany',
        items,
        ordered: true,
        batchSize: 60,
      };
      const outcome = await batchDbOperation(options);
      expect(outcome).toMatchObject({ acknowledged: first, rejected: 1, unknown: 0 });
      expect(outcome.rejections).toMatchObject([{ index: first }]);
      expectPartition(outcome);
      expect(await stored()).toEqual(documents(first));
    }
  });

  it('ordered: also when the answer was lost', async () => {
    const { proxy, collection, stored } = await proxied();
    await db.collection<StoredDocument>(collection.collectionName).insertOne({ _id: 4 });
    proxy.on('insert', 1, { do: 'dropReply' });
    const items = documents(20);
    const outcome = await batchDbOperation({
      collection,
      operation: 'insertMany',
      items,
      ordered: true,
      batchSize: 10,
      retry,
    });
    expect(outcome).toMatchObject({ acknowledged: 4, rejected: 1, notDone: 5 });
    expect(await stored()).toEqual([...documents(4), { _id: 4 }]);
  });

  it('refuses more than one worker where the order counts', async () => {
    const { collection } = await proxied();
    const options = {
      collection,
      operation: 'insertMany',
      items: [],
      ordered: true,
      concurrency: 2,
    } as const;
    await expect(batchDbOperation(options)).rejects.toMatchObject({
      code: 'MILLRACE_INVALID_ARGUMENT',
      message: expect.stringContaining('expected 1 with "ordered", received 2'),
    });
  });

  it('counts what is written and not confirmed, and sends none of it again', async () => {
    const { proxy, collection, stored } = await proxied();
    const writeConcernError = { code: 64, errmsg: 'waiting for replication timed out' };
    proxy.on('insert', 1, { do: 'amend', change: (reply) => ({ ...reply, writeConcernError }) });
    const outcome = await batchDbOperation({
      collection,
      operation: 'insertMany',
      items: documents(30),
      batchSize: 10,
      concurrency: 1,
    });
    expect(outcome).toMatchObject({
      acknowledged: 30,
      unconfirmed: 10,
      commands: 3,
      writeConcernError: { code: 64 },
    });
    expect(await stored()).toEqual(documents(30));
  });

  it.each([
    ['$inc', { $inc: { n: 1 } }],
    ['$push', { $push: { list: 1 } }],
    ['$set by place', { $set: { 'list.$': 1 } }],
  ])('never sends %s again: it stops, and lists what is unknown', async (_, update) => {
    const { proxy, collection } = await proxied();
    await batchDbOperation({
      collection,
      operation: 'insertMany',
      items: range(4).map((_id) => ({ _id, n: 0, list: [0] })),
    });
    const before = proxy.count('update');
    proxy.on('update', before + 1, { do: 'dropReply' });
    const items = range(4).map((_id) => ({ filter: { _id, list: 0 }, update }));
    const error = await failure(
      batchDbOperation({ collection, operation: 'updateOne', items, retry, concurrency: 1 }),
    );
    expect(error).toMatchObject({ code: 'MILLRACE_UNKNOWN_OUTCOME', category: 'fatal' });
    expect(error.outcome).toMatchObject({ acknowledged: 0, unknown: 1, unknowns: [{ index: 0, id: 0 }] });
    expectPartition(error.outcome);
    expect(proxy.count('update')).toBe(before + 1);
  });

  it('ends idempotent operations with the effect of once, whatever is lost', async () => {
    const { proxy, collection, stored } = await proxied();
    proxy.rule = ({ name, nth }) => {
      if (name !== 'insert' && name !== 'update' && name !== 'delete') return undefined;
      return nth % 3 === 1 ? { do: 'dropReply' } : nth % 3 === 2 ? { do: 'cut' } : undefined;
    };
    const common = { collection, batchSize: 5, retry };
    const ids = range(20);
    const outcomes = [
      await batchDbOperation({
        ...common,
        operation: 'upsert',
        items: ids.map((_id) => ({ _id, a: 1, b: 1 })),
      }),
      await batchDbOperation({
        ...common,
        operation: 'replaceOne',
        items: ids.slice(0, 15).map((_id) => ({ filter: { _id }, replacement: { a: 2, b: 2 } })),
      }),
      await batchDbOperation({
        ...common,
        operation: 'updateOne',
        items: ids
          .slice(0, 10)
          .map((_id) => ({ filter: { _id }, update: { $set: { a: 3 }, $unset: { b: 1 } } })),
      }),
      await batchDbOperation({ ...common, operation: 'deleteMany', items: ids.slice(0, 5) }),
    ];
    expect(outcomes.map(({ acknowledged, rejected }) => [acknowledged, rejected])).toEqual([
      [20, 0],
      [15, 0],
      [10, 0],
      [5, 0],
    ]);
    expect(await stored()).toEqual([
      ...ids.slice(5, 10).map((_id) => ({ _id, a: 3 })),
      ...ids.slice(10, 15).map((_id) => ({ _id, a: 2, b: 2 })),
      ...ids.slice(15).map((_id) => ({ _id, a: 1, b: 1 })),
    ]);
  });

  it('cuts bulkWrite into commands of one kind', async () => {
    const { proxy, collection, stored } = await proxied();
    const items: AnyBulkWriteOperation<StoredDocument>[] = [
      { insertOne: { document: { _id: 1, n: 1 } } },
      { insertOne: { document: { _id: 2, n: 2 } } },
      { updateMany: { filter: { n: { $gt: 0 } }, update: { $set: { seen: true } } } },
      { replaceOne: { filter: { _id: 2 }, replacement: { n: 3 } } },
      { deleteOne: { filter: { _id: 1 } } },
      { insertOne: { document: { _id: 4 } } },
    ];
    const outcome = await batchDbOperation({ collection, operation: 'bulkWrite', items, ordered: true });
    expect(outcome).toMatchObject({ acknowledged: 6, inserted: 3, matched: 3, modified: 3, deleted: 1 });
    expect(proxy.commands.map(({ name }) => name)).toEqual(['insert', 'update', 'delete', 'insert']);
    expect(await stored()).toEqual([{ _id: 2, n: 3 }, { _id: 4 }]);
  });

  it('keeps types as they are', async () => {
    const { collection } = await proxied();
    const document = { _id: new ObjectId(), long: Long.fromNumber(1), double: new Double(1), int: 1 };
    await batchDbOperation({ collection, operation: 'insertMany', items: [document] });
    const [raw] = await collection.find({}, { promoteValues: false }).toArray();
    expect(raw).toMatchObject({ long: document.long, double: document.double });
  });

  it('an abort begins no more batches, lets those under way end, and rejects with the reason', async () => {
    const { proxy, collection, stored } = await proxied();
    const gate = deferred();
    proxy.on('insert', 2, { do: 'delay', until: gate.promise });
    const controller = new AbortController();
    const work = batchDbOperation({
      collection,
      operation: 'insertMany',
      items: documents(100),
      batchSize: 10,
      concurrency: 1,
      signal: controller.signal,
    });
    const settled = work.catch((error) => error);
    while (proxy.count('insert') < 2) await quiet();
    const reason = new Error('enough');
    controller.abort(reason);
    gate.resolve();
    expect(await settled).toBe(reason);
    expect(proxy.count('insert')).toBe(2);
    expect(await stored()).toEqual(documents(20));
  });

  it('an abort leaves what was not answered unknown', async () => {
    const { proxy, collection } = await proxied();
    const controller = new AbortController();
    const reason = new Error('enough');
    proxy.rule = ({ name }) => {
      if (name !== 'insert') return undefined;
      controller.abort(reason);
      return { do: 'dropReply' };
    };
    const error = await failure(
      batchDbOperation({
        collection,
        operation: 'insertMany',
        items: documents(100),
        batchSize: 10,
        concurrency: 1,
        signal: controller.signal,
      }),
    );
    expect(error).toMatchObject({ code: 'MILLRACE_UNKNOWN_OUTCOME', cause: reason });
    expect(error.outcome.unknowns.map(({ index }) => index)).toEqual(range(10));
    expectPartition(error.outcome);
  });

  it('waits for a lost server with bounds, and then ends with an error that allows to go on', async () => {
    const { proxy, collection, stored } = await proxied();
    proxy.rule = ({ name }) => (name === 'insert' ? { do: 'cut' } : undefined);
    const options: DbOperationOptions<'insertMany'> = {
      collection,
      operation: 'insertMany',
      items: documents(100),
      batchSize: 10,
      concurrency: 2,
      retry: { ...retry, maxAttempts: 3 },
    };
    const error = await failure(batchDbOperation(options));
    expect(error).toMatchObject({ code: 'MILLRACE_UNKNOWN_OUTCOME' });
    expect(proxy.count('insert')).toBeLessThanOrEqual(6);
    expectPartition(error.outcome);
    proxy.rule = () => undefined;
    expect(await batchDbOperation({ ...options, existing: 'accept' })).toMatchObject({ acknowledged: 100 });
    expect(await stored()).toEqual(documents(100));
  });

  it('knows by the error that nothing was sent', async () => {
    const client = await connect(uri, { serverSelectionTimeoutMS: 50 });
    const collection = client.db(db.databaseName).collection<Document>(name());
    await client.close();
    await expect(
      batchDbOperation({ collection, operation: 'insertMany', items: documents(3) }),
    ).rejects.toMatchObject({ code: 'MILLRACE_CALL_FAILED' });
  });

  it('finds by halves what a server refuses as a whole', async () => {
    const { proxy, collection, stored } = await proxied();
    proxy.rule = ({ name, body }) =>
      name === 'insert' && body.documents.some(({ _id }: Document) => _id === 5)
        ? { do: 'reply', document: { ok: 0, code: 2, errmsg: 'there is something bad in it' } }
        : undefined;
    const outcome = await batchDbOperation({ collection, operation: 'insertMany', items: documents(16) });
    expect(outcome).toMatchObject({ acknowledged: 15, rejected: 1, commands: 9 });
    expect(outcome.rejections).toMatchObject([{ index: 5, id: 5, code: 2 }]);
    expect(await stored()).toHaveLength(15);
  });

  it('ends when nobody is let in', async () => {
    const { proxy, collection } = await proxied();
    proxy.rule = ({ name }) =>
      name === 'insert'
        ? { do: 'reply', document: { ok: 0, code: 13, errmsg: 'not authorized' } }
        : undefined;
    const options = {
      collection,
      operation: 'insertMany',
      items: documents(50),
      batchSize: 10,
      concurrency: 1,
    } as const;
    const error = await failure(batchDbOperation(options));
    expect(error).toMatchObject({ code: 'MILLRACE_CALL_FAILED', outcome: { acknowledged: 0, notDone: 10 } });
    expect(proxy.count('insert')).toBe(1);
  });

  it('a server that goes down may have done a part: it is read back', async () => {
    const { proxy, collection, stored } = await proxied();
    proxy.on('insert', 1, {
      do: 'amend',
      change: () => ({ ok: 0, code: 11600, errmsg: 'interrupted at shutdown' }),
    });
    const items = documents(5);
    const outcome = await batchDbOperation({ collection, operation: 'insertMany', items, retry });
    expect(outcome).toMatchObject({ acknowledged: 5, rejected: 0 });
    expect(await stored()).toEqual(documents(5));
  });

  it.each([
    ['retry', retryPolicy()],
    ['timeout', timeout(1000)],
  ])('refuses %s around it, which would send a batch again as it was', async (_, policy) => {
    const { collection } = await proxied();
    const policies = [policy as never];
    await expect(
      batchDbOperation({ collection, operation: 'insertMany', items: documents(3), policies }),
    ).rejects.toMatchObject({
      code: 'MILLRACE_INVALID_ARGUMENT',
      message: expect.stringContaining('a batch is sent again by itself'),
    });
  });

  it('lets each command pass the limits, those that are sent again, too', async () => {
    const { proxy, collection, stored } = await proxied();
    const gate = deferred();
    proxy.on('insert', 1, { do: 'delay', until: gate.promise });
    proxy.on('insert', 2, { do: 'cut' });
    const work = batchDbOperation({
      collection,
      operation: 'insertMany',
      items: documents(40),
      batchSize: 10,
      policies: [concurrencyLimit(1)],
      retry,
    });
    while (proxy.count('insert') < 1) await quiet();
    for (let i = 0; i < 20; i++) await quiet();
    expect(proxy.count('insert')).toBe(1);
    gate.resolve();
    expect(await work).toMatchObject({ acknowledged: 40 });
    expect(await stored()).toEqual(documents(40));
  });

  it('asks for the size of each batch anew, and tells how far it is', async () => {
    const { proxy, collection } = await proxied();
    const batchSize = { limit: 4 };
    const reports: unknown[] = [];
    const outcome = await batchDbOperation({
      collection,
      operation: 'insertMany',
      items: documents(20),
      batchSize,
      concurrency: 1,
      label: 'filling',
      progress: ({ label, done, total, unit }) => {
        reports.push([label, done, total, unit]);
        if (done > 0) batchSize.limit = 8;
      },
    });
    expect(outcome.batches).toBe(3);
    expect(sizes(proxy)).toEqual([4, 8, 8]);
    expect(reports).toEqual([0, 4, 12, 20].map((done) => ['filling', done, 20, 'items']));
  });

  it('says the write concern as commands do, and reads replies however documents are read', async () => {
    const { proxy, collection } = await proxied();
    const strange = collection.db.collection<Document>(collection.collectionName, {
      writeConcern: { w: 1, journal: true, wtimeoutMS: 500 },
      raw: true,
      promoteValues: false,
    });
    const items = [...documents(3), { _id: 1 }];
    const outcome = await batchDbOperation({ collection: strange, operation: 'insertMany', items });
    expect(outcome).toMatchObject({ acknowledged: 3, inserted: 3, rejections: [{ index: 3, code: 11000 }] });
    expect(proxy.commands[0]!.body.writeConcern).toEqual({ w: 1, j: true, wtimeout: 500 });
  });
});
