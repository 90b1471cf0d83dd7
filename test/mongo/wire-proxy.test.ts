import { expect, it, onTestFinished } from 'vitest';
import { deferred } from '../helpers/deferred.js';
import { connect, contents, describeWithMongo } from '../helpers/mongo.js';
import { FrameReader, replyTo } from '../helpers/wire-frames.js';
import { WireProxy } from '../helpers/wire-proxy.js';

it('cuts a stream into frames, wherever its chunks end', () => {
  const stream = Buffer.concat([1, 2, 3].map((n) => replyTo({ requestId: n, opcode: 2013 }, { n })));
  for (let size = 1; size <= stream.length; size++) {
    const reader = new FrameReader();
    const frames = [];
    for (let at = 0; at < stream.length; at += size)
      frames.push(...reader.push(stream.subarray(at, at + size)));
    expect(frames.map(({ responseTo }) => responseTo)).toEqual([1, 2, 3]);
  }
});

describeWithMongo('WireProxy', ({ uri, db, name }) => {
  async function proxied() {
    const proxy = await WireProxy.start(uri);
    onTestFinished(() => proxy[Symbol.asyncDispose]());
    const client = await connect(proxy.uri, { retryReads: false, retryWrites: false });
    const collection = name();
    const insert = (_id: number) =>
      client.db(db.databaseName).command({ insert: collection, documents: [{ _id }] });
    const ids = async () => (await contents(db, collection)).map(({ _id }) => _id);
    return { proxy, insert, ids };
  }

  it('forwards, and knows names and numbers', async () => {
    const { proxy, insert, ids } = await proxied();
    await insert(1);
    await insert(2);
    expect(await ids()).toEqual([1, 2]);
    expect(proxy.commands.map(({ name, nth, body }) => [name, nth, body.documents])).toEqual([
      ['insert', 1, [{ _id: 1 }]],
      ['insert', 2, [{ _id: 2 }]],
    ]);
  });

  it('cuts before the server sees a command', async () => {
    const { proxy, insert, ids } = await proxied();
    proxy.on('insert', 2, { do: 'cut' });
    await insert(1);
    await expect(insert(2)).rejects.toMatchObject({ name: 'MongoNetworkError' });
    await insert(3);
    expect(await ids()).toEqual([1, 3]);
  });

  it('drops a reply after the server has done it', async () => {
    const { proxy, insert, ids } = await proxied();
    proxy.on('insert', 1, { do: 'dropReply' });
    await expect(insert(1)).rejects.toMatchObject({ name: 'MongoNetworkError' });
    expect(await ids()).toEqual([1]);
  });

  it('answers instead of the server, or changes what that says', async () => {
    const { proxy, insert, ids } = await proxied();
    proxy.on('insert', 1, { do: 'reply', document: { ok: 0, code: 91, errmsg: 'going down' } });
    const writeConcernError = { code: 64, errmsg: 'waiting for replication timed out' };
    proxy.on('insert', 2, { do: 'amend', change: (reply) => ({ ...reply, writeConcernError }) });
    await expect(insert(1)).rejects.toMatchObject({ code: 91 });
    await expect(insert(2)).rejects.toMatchObject({ result: { n: 1, writeConcernError } });
    expect(await ids()).toEqual([2]);
  });

  it('delays until it is told to go on', async () => {
    const { proxy, insert, ids } = await proxied();
    const gate = deferred();
    proxy.on('insert', 1, { do: 'delay', until: gate.promise });
    const done = insert(1);
    await insert(2);
    expect(await ids()).toEqual([2]);
    gate.resolve();
    await done;
    expect(await ids()).toEqual([1, 2]);
  });
});
