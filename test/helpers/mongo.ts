import { type Db, type Document, MongoClient, type MongoClientOptions } from 'mongodb';
import { afterAll, beforeAll, inject, it, onTestFinished } from 'vitest';
import { describeNeeding } from './requirements.js';

let count = 0;

/** What the tests of one file share: a client, and a database of their own. */
export interface MongoTests {
  readonly uri: string;
  readonly client: MongoClient;
  readonly db: Db;
  /** A name that no other test uses, for a collection. */
  name(): string;
}

/**
 * A `describe` whose tests need a MongoDB: the one that MONGODB_URI names, else a FerretDB that is built on first use. Where
 * there is neither it nor Go the tests are skipped, with the reason, or fail where CI is set.
 */
export function describeWithMongo(title: string, body: (mongo: MongoTests) => void): void {
  const found = inject('mongo');
  if ('missing' in found) {
    describeNeeding(found.missing, title, () => it('needs a server', () => {}));
    return;
  }
  const database = `millrace-${process.pid}-${count++}`;
  const client = new MongoClient(found.uri);
  const db = client.db(database);
  describeNeeding(undefined, title, () => {
    beforeAll(() => client.connect());
    afterAll(async () => {
      await db.dropDatabase();
      await client.close();
    });
    body({ uri: found.uri, client, db, name: () => `c${count++}` });
  });
}

/** A client that is closed when the test has finished. */
export async function connect(uri: string, options: MongoClientOptions = {}): Promise<MongoClient> {
  const client = new MongoClient(uri, options);
  onTestFinished(() => client.close(true));
  return client.connect();
}

/** All documents of a collection, sorted by `_id`. */
export function contents(db: Db, name: string): Promise<Document[]> {
  return db.collection(name).find().sort({ _id: 1 }).toArray();
}
