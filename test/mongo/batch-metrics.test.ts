import type { Document } from 'mongodb';
import { expect, it, onTestFinished } from 'vitest';
import { OperationMetrics } from '../../src/main/index.js';
import { batchDbOperation, DbOperationError } from '../../src/main/mongo.js';
import { connect, describeWithMongo } from '../helpers/mongo.js';
import { WireProxy } from '../helpers/wire-proxy.js';

const documents = (n: number) => Array.from({ length: n }, (_, _id) => ({ _id, n: 0 }));

describeWithMongo('metrics of batches', ({ uri, db, name }) => {
  async function measured() {
    const proxy = await WireProxy.start(uri);
    onTestFinished(() => proxy[Symbol.asyncDispose]());
    const client = await connect(proxy.uri);
    const collection = client.db(db.databaseName).collection<Document>(name());
    const metrics = new OperationMetrics({ label: 'writing' });
    return { proxy, metrics, given: { collection, batchSize: 10, concurrency: 1, metrics } as const };
  }

  it('see those of which something is rejected as failed, and the others as done', async () => {
    const { metrics, given } = await measured();
    const items = documents(30).map((document, i) => (i === 15 ? { ...document, _id: 3 } : document));
    const outcome = await batchDbOperation({ ...given, operation: 'insertMany', items });
    expect(outcome).toMatchObject({ acknowledged: 29, rejected: 1, batches: 3 });
    expect(metrics.summary()).toMatchObject({ items: 3, done: 2, failed: 1, errors: { fatal: 1 } });
    expect(metrics.errors.all()).toMatchObject([
      { category: 'fatal', code: 'MILLRACE_CALL_FAILED', count: 1 },
    ]);
  });

  it('see those that are unknown, and those that were not sent', async () => {
    const { proxy, metrics, given } = await measured();
    proxy.on('update', 2, { do: 'dropReply' });
    const items = documents(30).map(({ _id }) => ({
      filter: { _id },
      update: { $inc: { n: 1 } },
      upsert: true,
    }));
    await expect(
      batchDbOperation({ ...given, batchSize: 1, operation: 'updateOne', items }),
    ).rejects.toBeInstanceOf(DbOperationError);
    expect(metrics.summary()).toMatchObject({ items: 2, done: 1, failed: 1 });
    expect(metrics.errors.all()).toMatchObject([
      { category: 'fatal', code: 'MILLRACE_UNKNOWN_OUTCOME', count: 1 },
    ]);

    const locked = await measured();
    locked.proxy.on('insert', 1, { do: 'reply', document: { ok: 0, code: 13, errmsg: 'not authorized' } });
    const work = batchDbOperation({ ...locked.given, operation: 'insertMany', items: documents(20) });
    await expect(work).rejects.toMatchObject({ outcome: { notDone: 10, unknown: 0 } });
    expect(locked.metrics.summary()).toMatchObject({ items: 1, done: 0, failed: 1 });
    expect(locked.metrics.errors.all()).toMatchObject([
      { category: 'fatal', code: 'MILLRACE_NOT_RUN', count: 1 },
    ]);
  });
});
