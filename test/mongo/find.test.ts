import { type Document, Double, Long, ObjectId } from 'mongodb';
import { expect, it, onTestFinished } from 'vitest';
import { concurrentFind, findByIds, streamByIds, streamFind } from '../../src/main/mongo.js';
import { connect, describeWithMongo } from '../helpers/mongo.js';
import { WireProxy } from '../helpers/wire-proxy.js';

type Numbered = Document & { _id: number };
const range = (n: number) => Array.from({ length: n }, (_, i) => i);
const retry = { baseMs: 1, capMs: 20, maxAttempts: 30 };

describeWithMongo('finding', ({ uri, db, name }) => {
  async function filled(documents: Document[]) {
    const proxy = await WireProxy.start(uri);
    onTestFinished(() => proxy[Symbol.asyncDispose]());
    const client = await connect(proxy.uri, { retryReads: false });
    const collection = client.db(db.databaseName).collection<Document>(name());
    await db.collection<Document>(collection.collectionName).insertMany(documents as never);
    return { proxy, collection };
  }
  const numbered = () => filled(range(50).map((_id) => ({ _id, rest: _id % 5, text: `t${_id}` })));

  it('gives what each query found, in the order of the queries', async () => {
    const { collection } = await numbered();
    const queries = [4, 0, 9, 2].map((rest) => ({
      filter: { rest },
      sort: { _id: -1 } as const,
      limit: 2,
      projection: { text: 1 },
    }));
    expect(await concurrentFind({ collection, queries })).toEqual([
      [
        { _id: 49, text: 't49' },
        { _id: 44, text: 't44' },
      ],
      [
        { _id: 45, text: 't45' },
        { _id: 40, text: 't40' },
      ],
      [],
      [
        { _id: 47, text: 't47' },
        { _id: 42, text: 't42' },
      ],
    ]);
  });

  it('asks for ten thousand _ids at once', async () => {
    const { proxy, collection } = await numbered();
    const { documents, missing } = await findByIds({ collection, ids: range(10_001) });
    expect([documents.filter((document) => document !== undefined).length, missing.length]).toEqual([
      50, 9951,
    ]);
    const asked = proxy.commands.filter(({ name: command }) => command === 'find');
    // The second query is about one.
    expect(asked.map(({ body }) => body.filter._id.$in?.length)).toEqual([10_000, undefined]);
  });

  it('makes the same query once, and those that only look the same each', async () => {
    const { proxy, collection } = await numbered();
    const find = async (...values: unknown[]) => {
      const queries = values.map((rest) => ({ filter: { rest } }));
      const before = proxy.count('find');
      const found = await concurrentFind({ collection, queries, concurrency: 2 });
      return { lengths: found.map(({ length }) => length), commands: proxy.count('find') - before };
    };
    expect(await find(1, 1, new Double(1), Long.fromNumber(1), '1', 1)).toEqual({
      lengths: [10, 10, 10, 10, 0, 10],
      commands: 4,
    });
    // The driver sends undefined as null.
    expect(await find(undefined, null)).toEqual({ lengths: [0, 0], commands: 1 });
  });

  it('streams, as slowly as it is read', async () => {
    const { proxy, collection } = await numbered();
    const queries = range(40).map((_id) => ({ filter: { _id } }));
    const indexes: number[] = [];
    for await (const { index, documents } of streamFind<Numbered>({ collection, queries, concurrency: 2 })) {
      expect(documents).toMatchObject([{ _id: index }]);
      indexes.push(index);
      expect(proxy.count('find')).toBeLessThanOrEqual(index + 1 + 8);
      if (index === 20) break;
    }
    expect(indexes).toEqual(range(21));
  });

  it('asks again when the connection is lost, and ends with an error that the server means', async () => {
    const { proxy, collection } = await numbered();
    proxy.on('find', 2, { do: 'dropReply' });
    const queries = range(3).map((_id) => ({ filter: { _id } }));
    const found = await concurrentFind({ collection, queries, retry });
    expect(found).toMatchObject([[{ _id: 0 }], [{ _id: 1 }], [{ _id: 2 }]]);
    await expect(
      concurrentFind({ collection, queries: [{ filter: { $nonsense: 1 } }] }),
    ).rejects.toMatchObject({ code: 'MILLRACE_CALL_FAILED', category: 'fatal' });
    const signal = AbortSignal.abort(new Error('enough'));
    await expect(concurrentFind({ collection, queries, signal })).rejects.toThrow('enough');
  });

  it('finds by _id in few commands, in the order of the _ids, and tells what is missing', async () => {
    const own = new ObjectId();
    const { proxy, collection } = await filled([
      ...range(30).map((_id) => ({ _id })),
      { _id: 'x' },
      { _id: own },
    ]);
    const ids = [29, 'x', 100, own, 3, 'none', 29, new Double(4), ...range(20)];
    const { documents, missing } = await findByIds({ collection, ids, batchSize: 10 });
    expect(documents.map((document) => document?._id)).toEqual(
      ids.map((id) => (id === 100 || id === 'none' ? undefined : id instanceof Double ? 4 : id)),
    );
    expect(missing).toEqual([100, 'none']);
    expect(proxy.count('find')).toBe(3);
  });

  it('streams by _id, from an async iterable', async () => {
    const { collection } = await numbered();
    async function* ids() {
      yield* range(60);
    }
    const found: (number | undefined)[] = [];
    for await (const { document } of streamByIds<Numbered>({
      collection,
      ids: ids(),
      batchSize: 7,
      projection: { text: 1 },
    })) {
      found.push(document?._id);
    }
    expect(found).toEqual(range(60).map((_id) => (_id < 50 ? _id : undefined)));
  });

  it('names an option that is wrong', async () => {
    const { collection } = await numbered();
    const options = { collection, queries: 3 as never, concurrency: 0 };
    await expect(concurrentFind(options)).rejects.toThrow(/"concurrency".*"queries"/);
  });
});
