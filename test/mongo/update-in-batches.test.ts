import { type Document, Int32, MongoClient } from 'mongodb';
import { expect, it } from 'vitest';
import { updateInBatches } from '../../src/main/mongo/update-in-batches.js';
import type { ProgressReport } from '../../src/shared/progress.js';
import { contents, describeWithMongo } from '../helpers/mongo.js';
import { WireProxy } from '../helpers/wire-proxy.js';

describeWithMongo('updateInBatches', (mongo) => {
  const { db } = mongo;
  const filled = async (count: number) => {
    const collection = db.collection(mongo.name());
    const documents = Array.from({ length: count }, (_, i) => ({
      _id: i as never,
      kept: i,
      ...(i % 2 === 0 && { old: i }),
    }));
    await collection.insertMany(documents);
    return collection;
  };

  it('takes a field out of all documents that have it', async () => {
    const collection = await filled(30);
    const filter = { old: { $exists: true } };
    const reports: ProgressReport[] = [];
    const options = { collection, filter, update: { $unset: { old: '' } }, batchSize: 4, rangeDocuments: 10 };
    const result = await updateInBatches({ ...options, progress: (report) => reports.push(report) });
    expect(result).toMatchObject({ documents: 15, modified: 15, rejected: 0, resumed: 0 });
    expect(await contents(db, collection.collectionName)).toEqual(
      Array.from({ length: 30 }, (_, i) => ({ _id: i, kept: i })),
    );
    expect(reports.at(-1)).toMatchObject({ label: 'update', done: 15, total: 15, unit: 'documents' });
    expect(await updateInBatches(options)).toMatchObject({ documents: 0, modified: 0 });
  });

  it('changes a thousand documents with ids that are looked up', async () => {
    const collection = db.collection(mongo.name());
    await collection.insertMany(
      Array.from({ length: 1000 }, (_, i) => ({ _id: `id ${i}` as never, old: i })),
    );
    const result = await updateInBatches({ collection, update: { $unset: { old: '' } } });
    expect(result).toMatchObject({ documents: 1000, modified: 1000, rejected: 0 });
    expect(await collection.countDocuments({ old: { $exists: true } })).toBe(0);
  });

  it('goes on where it was stopped, and changes nothing twice', async () => {
    const collection = await filled(100);
    const controller = new AbortController();
    const reason = new Error('enough');
    const progress = ({ done }: ProgressReport) => {
      if (done >= 40) controller.abort(reason);
    };
    const options = { collection, update: { $set: { seen: true } }, batchSize: 10 };
    await expect(updateInBatches({ ...options, progress, signal: controller.signal })).rejects.toBe(reason);
    const result = await updateInBatches(options);
    expect(result.resumed).toBeGreaterThanOrEqual(40);
    expect(result.documents).toBe(100);
    expect(result.modified).toBeGreaterThanOrEqual(100 - result.resumed - 10);
    expect(await collection.countDocuments({ seen: true })).toBe(100);
  });

  it('begins anew where it was stopped before all of its ranges were written down', async () => {
    const { collectionName } = await filled(60);
    await using proxy = await WireProxy.start(mongo.uri);
    await using client = await MongoClient.connect(proxy.uri);
    const controller = new AbortController();
    const reason = new Error('enough');
    let saved = 0;
    proxy.rule = ({ name, body }) => {
      if (name !== 'update' || body.update !== 'millrace.checkpoints' || ++saved < 2) return undefined;
      controller.abort(reason);
      return { do: 'keepReply' };
    };
    const collection = client.db(db.databaseName).collection(collectionName);
    const options = { collection, update: { $set: { seen: true } }, rangeDocuments: 15 };
    await expect(updateInBatches({ ...options, signal: controller.signal })).rejects.toBe(reason);
    expect(await db.collection('millrace.checkpoints').countDocuments({ range: 0 })).toBe(1);
    proxy.rule = () => undefined;
    expect(await updateInBatches(options)).toMatchObject({ documents: 60, modified: 60, resumed: 0 });
  });

  it('tells which documents could not be changed, and changes the others', async () => {
    const { collectionName } = await filled(9);
    await using proxy = await WireProxy.start(mongo.uri);
    await using client = await MongoClient.connect(proxy.uri);
    const collection = client.db(db.databaseName).collection(collectionName);
    // Whatever changes document 1 is refused, and the rest of its command is done.
    const errmsg = 'Document failed validation';
    proxy.rule = ({ name, body }) => {
      const statements: Document[] = name === 'update' && body.update === collectionName ? body.updates : [];
      const index = statements.findIndex(({ q }) => q._id.$eq === 1 || q._id.$in?.includes(1));
      const n = statements[index]?.multi ? 0 : statements.length - 1;
      const document = { ok: 1, n, nModified: n, writeErrors: [{ index, code: 121, errmsg }] };
      return index === -1 ? undefined : { do: 'reply', document };
    };
    const refused: unknown[] = [];
    const filter = { kept: { $gte: 0 } };
    const options = { collection, filter, update: { $set: { seen: true } }, batchSize: 4, concurrency: 1 };
    const result = await updateInBatches({ ...options, onRejected: (rejection) => refused.push(rejection) });
    expect(result).toMatchObject({ documents: 9, modified: 8, rejected: 1 });
    expect(refused).toMatchObject([
      { id: new Int32(1), message: expect.stringContaining('failed validation') },
    ]);
  });

  it('leaves what does not match any more', async () => {
    const collection = await filled(20);
    const filter = { kept: { $lt: 15 } };
    const update = { $set: { low: true } };
    // Between reading and writing: the limit is passed when the batch was read.
    const limiter = {
      acquire: async () => {
        await collection.updateOne({ _id: 3 as never }, { $set: { kept: 99 } });
        return { end: () => {} };
      },
    };
    const result = await updateInBatches({ collection, filter, update, limiter: limiter as never });
    expect(result).toMatchObject({ documents: 15, modified: 14 });
    expect(await collection.findOne({ _id: 3 as never })).toEqual({ _id: 3, kept: 99 });
  });

  it('changes nothing in a dry run', async () => {
    const collection = await filled(10);
    const before = await contents(db, collection.collectionName);
    const options = { collection, update: { $unset: { old: '' } }, dryRun: true };
    expect(await updateInBatches(options)).toMatchObject({ documents: 10, modified: 0 });
    expect(await contents(db, collection.collectionName)).toEqual(before);
  });

  it.each([{ $inc: { n: 1 } }, { $push: { list: 1 } }, { plain: 1 }, {}, [{ $set: { a: 1 } }]])(
    'refuses what must not be repeated: %j',
    async (update) => {
      const collection = db.collection(mongo.name());
      await expect(updateInBatches({ collection, update })).rejects.toMatchObject({
        code: 'MILLRACE_INVALID_ARGUMENT',
        message: expect.stringContaining(JSON.stringify(update)),
      });
    },
  );
});
