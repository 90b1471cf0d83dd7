import type { Document } from 'mongodb';
import { expect, it, onTestFinished } from 'vitest';
import { batchDbOperation } from '../../src/main/mongo.js';
import { connect, contents, describeWithMongo } from '../helpers/mongo.js';
import { type WireAction, type WireCommand, WireProxy } from '../helpers/wire-proxy.js';

const documents = [0, 1, 2].map((_id) => ({ _id }));
const retry = { baseMs: 1, capMs: 5, maxAttempts: 5 };

describeWithMongo('batchDbOperation with transactions', ({ uri, client, db, name }) => {
  it('runs them where the server has them, else refuses them', async () => {
    const hello = await db.command({ hello: 1 });
    const { ferretdbVersion } = await db.command({ buildInfo: 1 });
    const hasTransactions = ferretdbVersion === undefined && (hello.setName || hello.msg === 'isdbgrid');
    const collection = client.db(db.databaseName).collection<Document>(name());
    const work = batchDbOperation({
      collection,
      operation: 'insertMany',
      items: documents,
      transaction: true,
    });
    if (hasTransactions) {
      expect(await work).toMatchObject({ acknowledged: 3 });
      expect(await contents(db, collection.collectionName)).toEqual(documents);
    } else {
      console.warn('no real transaction ran: the server has none');
      await expect(work).rejects.toMatchObject({
        code: 'MILLRACE_INVALID_ARGUMENT',
        message: expect.stringContaining('expected a replica set or a sharded cluster'),
      });
    }
  });

  /** A server that says of itself that it is a replica set, and leaves transactions to this rule. */
  async function replicaSet(rule: (command: WireCommand) => WireAction | undefined) {
    const proxy = await WireProxy.start(uri);
    onTestFinished(() => proxy[Symbol.asyncDispose]());
    const claim = { setName: 'rs', secondary: false, hosts: [proxy.address], me: proxy.address };
    proxy.rule = (command) => {
      if (/^(hello|ismaster)$/i.test(command.name))
        return { do: 'amend', change: (reply) => ({ ...reply, ...claim }) };
      if (command.name === 'buildInfo') return { do: 'reply', document: { ok: 1, version: '7.0.0' } };
      return rule(command);
    };
    const its = await connect(proxy.uri);
    const collection = its.db(db.databaseName).collection<Document>(name());
    const sent = () => proxy.commands.map((command) => command.name);
    return { proxy, collection, sent };
  }
  const fine = (n = 0): WireAction => ({ do: 'reply', document: { ok: 1, n } });

  it('sends each batch as one transaction', async () => {
    const { proxy, collection, sent } = await replicaSet(({ name: command }) =>
      fine(command === 'insert' ? 1 : 0),
    );
    const outcome = await batchDbOperation({
      collection,
      operation: 'insertMany',
      items: documents,
      batchSize: 1,
      concurrency: 1,
      transaction: true,
    });
    expect(outcome).toMatchObject({ acknowledged: 3, batches: 3 });
    expect(sent()).toEqual(Array(3).fill(['insert', 'commitTransaction']).flat());
    const [insert, commit] = proxy.commands;
    expect(insert!.body).toMatchObject({ startTransaction: true, autocommit: false });
    expect(insert!.body.writeConcern).toBeUndefined();
    expect(commit!.body.txnNumber).toEqual(insert!.body.txnNumber);
  });

  it('undoes all of a batch with the one that is refused', async () => {
    const writeErrors = [{ index: 1, code: 11000, errmsg: 'E11000' }];
    const { collection, sent } = await replicaSet(({ name: command }) =>
      command === 'insert' ? { do: 'reply', document: { ok: 1, n: 1, writeErrors } } : fine(),
    );
    const outcome = await batchDbOperation({
      collection,
      operation: 'insertMany',
      items: documents,
      transaction: true,
    });
    expect(outcome).toMatchObject({ acknowledged: 0, rejected: 3, unknown: 0 });
    expect(outcome.rejections.map(({ code }) => code)).toEqual([
      'MILLRACE_NOT_RUN',
      11000,
      'MILLRACE_NOT_RUN',
    ]);
    expect(sent()).toEqual(['insert', 'abortTransaction']);
  });

  it('asks again whether it is committed, and sends nothing else again', async () => {
    const { collection, sent } = await replicaSet(({ name: command, nth }) => {
      if (command === 'update') return fine(1);
      return command === 'commitTransaction' && nth === 1 ? { do: 'cut' } : fine();
    });
    const outcome = await batchDbOperation({
      collection,
      operation: 'updateOne',
      items: [{ filter: { _id: 1 }, update: { $inc: { n: 1 } } }],
      transaction: true,
      retry,
    });
    expect(outcome).toMatchObject({ acknowledged: 1, unknown: 0 });
    expect(sent()).toEqual(['update', 'commitTransaction', 'commitTransaction']);
  });

  it('begins anew what was undone, also what must not be done twice', async () => {
    const { collection, sent } = await replicaSet(({ name: command, nth }) => {
      if (command === 'update') return nth === 1 ? { do: 'cut' } : fine(1);
      return fine();
    });
    const outcome = await batchDbOperation({
      collection,
      operation: 'updateOne',
      items: [{ filter: { _id: 1 }, update: { $inc: { n: 1 } } }],
      transaction: true,
      retry,
    });
    expect(outcome).toMatchObject({ acknowledged: 1, unknown: 0 });
    expect(sent()).toEqual(['update', 'abortTransaction', 'update', 'commitTransaction']);
  });
});
