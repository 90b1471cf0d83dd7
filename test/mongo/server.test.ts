import { expect, it } from 'vitest';
import { MongoServer } from '../../tools/mongo/mongo-server.js';
import { connect, describeWithMongo } from '../helpers/mongo.js';

describeWithMongo('a server of a test', ({ db, name }) => {
  it('has a database for each file', async () => {
    const c = db.collection(name());
    await c.insertOne({ a: 1 });
    expect(await c.countDocuments()).toBe(1);
  });

  it('can be killed and started again, with the same address and data', async () => {
    await using server = await MongoServer.start();
    const { uri } = server;
    const client = await connect(uri);
    await client.db('d').collection('c').insertOne({ a: 1 });
    await server.kill();
    await server.start();
    expect(server.uri).toBe(uri);
    expect(await client.db('d').collection('c').countDocuments()).toBe(1);
  });
});
