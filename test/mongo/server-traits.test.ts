import { expect, it } from 'vitest';
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
});
