import { BSON, MongoClient } from 'mongodb';
import { beforeAll, describe, expect, it } from 'vitest';
import { commandOf } from '../../../../src/main/mongo/command.js';
import type { DbCollection } from '../../../../src/main/mongo/db-operation-options.js';
import { loadDriver } from '../../../../src/main/mongo/load-driver.js';
import type { Statement } from '../../../../src/main/mongo/statement.js';

const body = { _id: 1, text: 'one' };
const statement: Statement = {
  index: 0,
  kind: 'insert',
  body,
  id: 1,
  document: body,
  idempotent: true,
  raw: BSON.serialize(body),
};

function documentsIn(client: unknown): unknown {
  const collection = { collectionName: 'c', db: { client } } as unknown as DbCollection;
  const { insert, documents, ordered } = commandOf(collection, [statement], false);
  expect({ insert, ordered }).toEqual({ insert: 'c', ordered: false });
  return documents;
}

describe('commandOf', () => {
  beforeAll(() => loadDriver('test'));

  it('hands the bytes of statements on, with what they are made of for who watches commands', () => {
    const client = new MongoClient('mongodb://127.0.0.1:1/');
    expect(documentsIn(client)).toMatchObject({ field: 'documents', documents: [body] });
  });

  it('gives the driver a plain list where it encrypts, or is another copy of it', () => {
    const client = Object.create(MongoClient.prototype, { options: { value: { autoEncryption: {} } } });
    expect(documentsIn(client)).toEqual([body]);
    expect(documentsIn({ options: {} })).toEqual([body]);
  });
});
