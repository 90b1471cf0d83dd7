import { hostname } from 'node:os';
import { type Collection, Double, Int32, Long, MongoClient, ObjectId } from 'mongodb';
import { expect, it, vi } from 'vitest';
import { Limiter } from '../../src/main/limits/limiter.js';
import { batchDbOperation } from '../../src/main/mongo/batch-db-operation.js';
import { compareBson, rawId } from '../../src/main/mongo/bson-order.js';
import { copyCollection } from '../../src/main/mongo/copy-collection.js';
import { verifyCollections } from '../../src/main/mongo/verify-collections.js';
import type { ProgressReport } from '../../src/shared/progress.js';
import { IN_ORDER } from '../helpers/bson-values.js';
import { connect, describeWithMongo } from '../helpers/mongo.js';

async function rawDocumentsOf(collection: Collection): Promise<Buffer[]> {
  return (await collection.find({}, { raw: true, sort: { _id: 1 } }).toArray()) as unknown as Buffer[];
}

describeWithMongo('copyCollection', (mongo) => {
  const { db } = mongo;
  const pair = () => ({ source: db.collection(mongo.name()), target: db.collection(mongo.name()) });
  const numbered = (count: number) =>
    Array.from({ length: count }, (_, i) => ({ _id: i as never, text: `document ${i}` }));

  /** One document for each `_id` that the server keeps: FerretDB has not all types. */
  async function fillWithAllTypes(collection: Collection): Promise<number> {
    let kept = 0;
    for (const [_id] of IN_ORDER) {
      try {
        const { n } = await db.command({ insert: collection.collectionName, documents: [{ _id, at: kept }] });
        kept += n;
      } catch {
        // The server closes the connection at some types.
      }
    }
    return kept;
  }

  it('copies _ids of all types, range by range', async () => {
    const { source, target } = pair();
    const kept = await fillWithAllTypes(source);
    expect(kept).toBeGreaterThan(20);
    const result = await copyCollection({ source, target, rangeDocuments: 3, batchSize: 2, concurrency: 8 });
    expect(result).toMatchObject({ documents: kept, written: kept, same: 0, rejected: 0, resumed: 0 });
    expect(await rawDocumentsOf(target)).toEqual(await rawDocumentsOf(source));
  });

  it('sorts as the server does', async () => {
    const { source } = pair();
    await fillWithAllTypes(source);
    const ids = (await rawDocumentsOf(source)).map((document) => rawId(document)!);
    expect([...ids].sort(compareBson)).toEqual(ids);
  });

  it('copies bytes: the order of fields, types of numbers, -0', async () => {
    const { source, target } = pair();
    await source.insertMany([
      { _id: new ObjectId(), z: 1, '10': 'ten', a: 2, '2': 'two', nested: { b: 1, '1': 1, a: 1 } },
      {
        _id: new ObjectId(),
        n: new Int32(1),
        m: new Double(1),
        l: Long.ONE,
        big: Long.MAX_VALUE,
        zero: new Double(-0),
      },
    ]);
    await copyCollection({ source, target });
    expect(await rawDocumentsOf(target)).toEqual(await rawDocumentsOf(source));
  });

  it('is an operation of batchDbOperation', async () => {
    const { source, target } = pair();
    await source.insertMany(numbered(3));
    expect(await batchDbOperation({ operation: 'copy', source, target })).toMatchObject({ written: 3 });
  });

  it('cuts batches by bytes, too', async () => {
    const { source, target } = pair();
    await source.insertMany(
      Array.from({ length: 9 }, (_, i) => ({ _id: i as never, text: 'x'.repeat(1000) })),
    );
    const limiter = new Limiter({ requestsPerMinute: 1e9 });
    await copyCollection({ source, target, maxBytes: 2100, limiter });
    expect(limiter.stats().admitted).toBe(5);
    expect(await target.countDocuments()).toBe(9);
  });

  it('makes the indexes that the target has not', async () => {
    const { source, target } = pair();
    await source.insertMany(numbered(3));
    await source.createIndex({ text: 1 }, { unique: true, name: 'by text' });
    await source.createIndex({ text: -1, _id: 1 });
    await target.createIndex({ text: -1, _id: 1 });
    const { indexes } = await copyCollection({ source, target });
    expect(indexes).toEqual(['by text']);
    const made = (await target.indexes()).find(({ name }) => name === 'by text');
    expect(made).toMatchObject({ key: { text: 1 }, unique: true });
    expect((await copyCollection({ source, target, indexes: false })).indexes).toEqual([]);
  });

  it('changes nothing the second time, and never overwrites', async () => {
    const { source, target } = pair();
    await source.insertMany(numbered(10));
    await target.insertMany([
      { _id: 3 as never, text: 'mine' },
      { _id: 100 as never, text: 'more' },
    ]);
    const rejected: unknown[] = [];
    const first = await copyCollection({ source, target, onRejected: (document) => rejected.push(document) });
    expect(first).toMatchObject({ documents: 10, written: 9, same: 0, rejected: 1 });
    expect(rejected).toEqual([{ _id: new Int32(3), problem: 'another document has its _id' }]);
    const before = await rawDocumentsOf(target);
    expect(await copyCollection({ source, target })).toMatchObject({ written: 0, same: 9, rejected: 1 });
    expect(await rawDocumentsOf(target)).toEqual(before);
  });

  it('writes nothing in a dry run', async () => {
    const { source, target } = pair();
    await source.insertMany(numbered(10));
    expect(await copyCollection({ source, target, dryRun: true })).toMatchObject({
      documents: 10,
      written: 0,
    });
    const names = (await db.listCollections().toArray()).map(({ name }) => name);
    expect(names).not.toContain(target.collectionName);
  });

  it('goes on where an aborted copy was, and repeats at most one batch a range', async () => {
    const { source, target } = pair();
    await source.insertMany(numbered(400));
    const controller = new AbortController();
    const reason = new Error('enough');
    const options = { source, target, batchSize: 10, rangeDocuments: 100, concurrency: 4 };
    const stop = ({ done }: ProgressReport) => {
      if (done >= 150) controller.abort(reason);
    };
    await expect(copyCollection({ ...options, signal: controller.signal, progress: stop })).rejects.toBe(
      reason,
    );
    const there = await target.countDocuments();
    const result = await copyCollection(options);
    expect(result.resumed).toBeGreaterThanOrEqual(150);
    expect(result).toMatchObject({ documents: 400, rejected: 0, same: there - result.resumed });
    expect(result.same).toBeLessThanOrEqual(4 * 10);
    expect(await rawDocumentsOf(target)).toEqual(await rawDocumentsOf(source));
    expect(
      await db.collection('millrace.checkpoints').countDocuments({ job: { $regex: target.collectionName } }),
    ).toBe(0);
  });

  it('asks for the write concern of the target', async () => {
    const { source } = pair();
    await source.insertOne({});
    const watched = await connect(mongo.uri, { monitorCommands: true });
    const asked: unknown[] = [];
    watched.on(
      'commandStarted',
      ({ command }) => command.insert !== undefined && asked.push(command.writeConcern),
    );
    const target = watched
      .db(db.databaseName)
      .collection(mongo.name(), { writeConcern: { w: 1, journal: true } });
    await copyCollection({ source, target });
    expect(asked).toContainEqual({ w: 1, j: true });
  });

  it('refuses the same namespace, but not that of another server', async () => {
    const { source } = pair();
    await expect(copyCollection({ source, target: source })).rejects.toMatchObject({
      code: 'MILLRACE_INVALID_ARGUMENT',
      message: expect.stringContaining(source.namespace),
    });
    const elsewhere = new MongoClient('mongodb://127.0.0.1:9/', { serverSelectionTimeoutMS: 1 });
    const target = elsewhere.db(source.dbName).collection(source.collectionName);
    const copy = copyCollection({ source, target, signal: AbortSignal.timeout(50) });
    await expect(copy).rejects.not.toMatchObject({ code: 'MILLRACE_INVALID_ARGUMENT' });
    await elsewhere.close();
  });

  it('refuses a target that another process copies to', async () => {
    const { source, target } = pair();
    await source.insertMany(numbered(30));
    const name = `copy ${source.namespace} to ${target.namespace}`;
    const lease = {
      _id: name as never,
      owner: 'x',
      pid: process.ppid,
      host: hostname(),
      beat: 1,
    };
    const leases = db.collection('millrace.checkpoints');
    await leases.insertOne(lease);
    await expect(copyCollection({ source, target })).rejects.toMatchObject({
      code: 'MILLRACE_LOCKED',
      message: expect.stringContaining(`process ${process.ppid}`),
    });
    // A process that is gone holds nothing.
    await leases.updateOne({ _id: name as never }, { $set: { pid: 2 ** 22 + 1 } });
    expect(await copyCollection({ source, target })).toMatchObject({ written: 30 });
    expect(await leases.findOne({ _id: name as never })).toBeNull();
  });

  it('follows a limit that changes', async () => {
    const { source, target } = pair();
    await source.insertMany(numbered(60));
    // A document a minute.
    const limiter = new Limiter({ tokensPerMinute: 1, oversize: 'alone' });
    const copy = copyCollection({ source, target, limiter, batchSize: 10 });
    await vi.waitUntil(() => limiter.stats().waiting === 1);
    limiter.setRates({ tokensPerMinute: 1e9 });
    expect(await copy).toMatchObject({ written: 60 });
  });
});

describeWithMongo('verifyCollections', (mongo) => {
  const { db } = mongo;

  it('finds every missing, extra and different document', async () => {
    const source = db.collection(mongo.name());
    const target = db.collection(mongo.name());
    const documents = Array.from({ length: 200 }, (_, i) => ({
      _id: (i % 2 ? i : `s${i}`) as never,
      n: i,
      m: 1,
    }));
    await source.insertMany(documents);
    const kept = documents.filter((_, i) => ![0, 7, 100].includes(i));
    await target.insertMany(kept.map((document) => (document.n === 51 ? { ...document, n: 52 } : document)));
    // The same fields in another order are another document.
    await target.replaceOne({ _id: 's60' as never }, { m: 1, n: 60 });
    await target.insertMany([
      { _id: -1 as never },
      { _id: new ObjectId('ffffffffffffffffffffffff') as never },
    ]);
    const differences: string[] = [];
    const result = await verifyCollections({
      source,
      target,
      batchSize: 7,
      onDifference: ({ kind, _id }) => differences.push(`${kind} ${_id}`),
    });
    expect(result).toMatchObject({ same: 195, missing: 3, extra: 2, different: 2 });
    expect(differences).toEqual([
      'extra -1',
      'missing 7',
      'different 51',
      'missing s0',
      'missing s100',
      'different s60',
      'extra ffffffffffffffffffffffff',
    ]);
  });

  it('stops at an abort', async () => {
    const reason = new Error('enough');
    const source = db.collection(mongo.name());
    await source.insertOne({});
    const signal = AbortSignal.abort(reason);
    await expect(verifyCollections({ source, target: source, signal })).rejects.toBe(reason);
  });
});
