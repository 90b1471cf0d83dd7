import { expect, it } from 'vitest';
import { batchDbOperation } from '../../src/main/mongo/batch-db-operation.js';
import { serverTraits } from '../../src/main/mongo/server-traits.js';
import { connect, describeWithMongo } from '../helpers/mongo.js';
import { WireProxy } from '../helpers/wire-proxy.js';

describeWithMongo('serverTraits', (mongo) => {
  it('asks once for a client, but again where it got no answer', async () => {
    await using proxy = await WireProxy.start(mongo.uri);
    const client = await connect(proxy.uri);
    const collection = client.db(mongo.db.databaseName).collection(mongo.name());
    proxy.rule = ({ name }) => (name === 'buildInfo' ? { do: 'cut' } : undefined);
    const guessed = await serverTraits(collection as never, undefined);
    proxy.rule = () => undefined;
    const asked = proxy.count('buildInfo');
    const told = await serverTraits(collection as never, undefined);
    expect(await serverTraits(client.db('other').collection('other') as never, undefined)).toBe(told);
    expect(proxy.count('buildInfo')).toBe(asked + 1);
    expect(guessed).toMatchObject({ isFerretDb: false, hasTransactions: false });
  });

  it('say how large a batch is, unless a caller does', async () => {
    await using proxy = await WireProxy.start(mongo.uri);
    const client = await connect(proxy.uri);
    const collection = client.db(mongo.db.databaseName).collection<{ _id: number }>(mongo.name());
    const { batchSize, isFerretDb } = await serverTraits(collection as never, undefined);
    expect(batchSize).toBe(isFerretDb ? 5000 : 1000);
    const items = Array.from({ length: batchSize + 1 }, (_, _id) => ({ _id }));
    await batchDbOperation({ collection, operation: 'insertMany', items, concurrency: 1 });
    const inserts = proxy.commands.filter(({ name }) => name === 'insert');
    expect(inserts.map(({ body }) => body.documents.length)).toEqual([batchSize, 1]);
  });
});
