import { createRequire } from 'node:module';
import { batchDbOperation } from 'millrace/mongo';
import { BSON, type Collection, type Document, MongoClient } from 'mongodb';
import { peakMegabytes } from './child.js';
import { startNullServer } from './null-server.js';

/**
 * Sends documents from a generator in the way that is named to a server in this process that does nothing, and prints what
 * that took: time of the processor (all threads of the process) and peak memory.
 */

const BATCH = 1000;
const [, , way, count] = process.argv;
const documents = Number(count);

function* generated(): Generator<Document> {
  for (let i = 0; i < documents; i++) {
    yield { _id: i, name: `document ${i}`, tags: ['a', 'b'], score: i / 7, nested: { x: i, y: 'text' } };
  }
}

const ways: Record<string, (collection: Collection<Document>) => Promise<unknown>> = {
  insert: (collection) => batchDbOperation({ collection, operation: 'insertMany', items: generated() }),
  upsert: (collection) => batchDbOperation({ collection, operation: 'upsert', items: generated() }),
  'plain insert': async (collection) => {
    for (const batch of batches()) await collection.insertMany(batch, { ordered: false });
  },
  'plain upsert': async (collection) => {
    for (const batch of batches()) {
      const writes = batch.map((document) => ({
        replaceOne: { filter: { _id: document._id }, replacement: document, upsert: true },
      }));
      await collection.bulkWrite(writes as never, { ordered: false });
    }
  },
  // What isn't ours: the generator, the driver with one command a batch whose bytes are ready, the server.
  'idle insert': (collection) => idle(collection, 'insert', 'documents', (document) => document),
  'idle upsert': (collection) =>
    idle(collection, 'update', 'updates', (u) => ({ q: { _id: u._id }, u, multi: false, upsert: true })),
};

async function idle(
  { db, collectionName }: Collection<Document>,
  command: string,
  list: string,
  statement: (document: Document) => Document,
): Promise<void> {
  const { makeDocumentSequence } = createRequire(import.meta.url)('mongodb/lib/cmap/commands.js') as {
    makeDocumentSequence(
      field: string,
      documents: readonly Document[],
      bytes: readonly Uint8Array[],
    ): unknown;
  };
  let ready: Uint8Array[] | undefined;
  for (const batch of batches()) {
    ready ??= batch.map((document) => BSON.serialize(statement(document)));
    const sequence = makeDocumentSequence(list, batch, ready);
    await db.command({ [command]: collectionName, [list]: sequence, ordered: false });
  }
}

function* batches(): Generator<Document[]> {
  let batch: Document[] = [];
  for (const document of generated()) {
    if (batch.push(document) < BATCH) continue;
    yield batch;
    batch = [];
  }
  if (batch.length > 0) yield batch;
}

await using server = await startNullServer();
const client = await MongoClient.connect(server.uri);
const before = process.cpuUsage();
await ways[way!]!(client.db('bench').collection('documents'));
const { user, system } = process.cpuUsage(before);
await client.close();
if (server.statements !== documents)
  throw new Error(`${server.statements} of ${documents} documents arrived`);
console.log(JSON.stringify({ cpuMicroseconds: (user + system) / documents, megabytes: peakMegabytes() }));
