import { Long } from 'mongodb';
import { expect, it } from 'vitest';
import { estimatedCount } from '../../src/main/mongo/estimated-count.js';
import { connect, describeWithMongo } from '../helpers/mongo.js';
import { WireProxy } from '../helpers/wire-proxy.js';

describeWithMongo('estimatedCount', (mongo) => {
  it('tells how many documents there are, none where there is no collection', async () => {
    const collection = mongo.db.collection<{ n: number }>(mongo.name());
    expect(await estimatedCount(collection as never)).toBe(0);
    await collection.insertMany(Array.from({ length: 321 }, (_, n) => ({ n })));
    expect(await estimatedCount(collection as never)).toBe(321);
  });

  it('counts where a server refuses to tell, and adds up the shards of one that has them', async () => {
    await using proxy = await WireProxy.start(mongo.uri);
    const client = await connect(proxy.uri);
    const collection = client.db(mongo.db.databaseName).collection(mongo.name());
    await collection.insertMany(Array.from({ length: 7 }, (_, n) => ({ n })));
    const answer = (document: object) => {
      proxy.rule = ({ name }) => (name === 'aggregate' ? { do: 'reply', document } : undefined);
      return estimatedCount(collection);
    };
    expect(await answer({ ok: 0, code: 13, errmsg: 'not authorized' })).toBe(7);
    const shards = [{ count: 2 }, { count: 3 }];
    const ns = collection.namespace;
    expect(await answer({ ok: 1, cursor: { id: Long.ZERO, ns, firstBatch: shards } })).toBe(5);
  });
});
