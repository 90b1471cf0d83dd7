import type { AnyBulkWriteOperation, Db } from 'mongodb';
import { expectTypeOf, it } from 'vitest';
import { batchDbOperation, type DbItems, type DbOutcome } from '../../src/main/mongo.js';

interface Chunk {
  _id: string;
  text: string;
}

it('takes typed collections, documents and the operations of the driver', () => {
  const call = (db: Db, chunks: Chunk[], operations: AnyBulkWriteOperation<Chunk>[]) => {
    const collection = db.collection<Chunk>('chunks');
    expectTypeOf(batchDbOperation({ collection, operation: 'insertMany', items: chunks })).toEqualTypeOf<
      Promise<DbOutcome>
    >();
    void batchDbOperation({ collection, operation: 'bulkWrite', items: operations });
    void batchDbOperation({ collection, operation: 'deleteMany', items: ['a', 'b'] });
    // @ts-expect-error an update needs a filter
    void batchDbOperation({ collection, operation: 'updateOne', items: [{ update: {} }] });
  };
  expectTypeOf(call).toBeFunction();
  expectTypeOf<DbItems['deleteMany']>().toBeUnknown();
});
