import { BSON } from 'mongodb';
import { describe, expect, it } from 'vitest';
import type { BulkItem } from '../../../../src/main/mongo/db-items.js';
import { repeatable } from '../../../../src/main/mongo/idempotence.js';
import { makeStatement } from '../../../../src/main/mongo/make-statement.js';
import type { Statement } from '../../../../src/main/mongo/statement.js';

const rules = { bson: BSON, options: {}, maxDocumentBytes: 1e6, newId: () => 'new' };

function statement(item: BulkItem): Statement {
  const made = makeStatement('bulkWrite', item, 0, rules);
  if ('kind' in made) return made;
  throw new Error(made.message);
}

/** Which of them may be sent again, together. */
function again(...items: BulkItem[]): boolean[] {
  const all = items.map(statement);
  return all.map(repeatable(all));
}

describe('what may be sent again', () => {
  it.each<[BulkItem, boolean]>([
    [{ insertOne: { document: { a: 1 } } }, true],
    [{ updateOne: { filter: { _id: 1 }, update: { $set: { a: 1 }, $unset: { b: 1 } } } }, true],
    [{ updateOne: { filter: { _id: { $eq: 1 } }, update: { $addToSet: { a: 1 } } } }, true],
    [{ updateOne: { filter: { _id: 1 }, update: { $set: { a: 1 } }, upsert: true } }, true],
    [{ updateOne: { filter: { _id: 1, v: 1 }, update: { $set: { a: 1 } }, upsert: true } }, false],
    [{ updateOne: { filter: { a: 0 }, update: { $set: { a: 1 } } } }, false],
    [{ updateOne: { filter: { _id: { $gt: 1 } }, update: { $set: { a: 1 } } } }, false],
    [{ updateOne: { filter: { _id: /x/ }, update: { $set: { a: 1 } } } }, false],
    [{ updateMany: { filter: { a: 0 }, update: { $set: { a: 1 } } } }, true],
    [{ updateMany: { filter: { a: 0 }, update: { $set: { a: 1 } }, upsert: true } }, false],
    [{ updateOne: { filter: { _id: 1 }, update: { $inc: { a: 1 } } } }, false],
    [{ updateOne: { filter: { _id: 1 }, update: { $push: { a: 1 } } } }, false],
    [{ updateOne: { filter: { _id: 1 }, update: { $rename: { a: 'b' } } } }, false],
    [{ updateOne: { filter: { _id: 1 }, update: { $set: { a: 1 }, $inc: { b: 1 } } } }, false],
    [{ updateOne: { filter: { _id: 1 }, update: [{ $set: { a: 1 } }] } }, false],
    [{ updateOne: { filter: { _id: 1, a: 0 }, update: { $set: { 'a.$': 1 } } } }, false],
    [{ updateOne: { filter: { _id: 1, a: 0 }, update: { $set: { 'a.$.b': 1 } } } }, false],
    [{ updateOne: { filter: { _id: 1 }, update: { $set: { 'a.$[].b': 1 } } } }, true],
    [{ replaceOne: { filter: { _id: 1 }, replacement: { a: 1 }, upsert: true } }, true],
    [{ replaceOne: { filter: { a: 1 }, replacement: { a: 2 } } }, false],
    [{ deleteOne: { filter: { _id: 1 } } }, true],
    [{ deleteOne: { filter: { a: 1 } } }, false],
    [{ deleteMany: { filter: { a: 1 } } }, true],
  ])('%j: %s', (item, expected) => {
    expect(again(item)).toEqual([expected]);
  });

  it('sees what others of the same command change', () => {
    const finish: BulkItem = {
      updateMany: { filter: { state: 'new' }, update: { $set: { state: 'done' } } },
    };
    const reopen: BulkItem = { updateMany: { filter: { old: true }, update: { $set: { state: 'new' } } } };
    const mark: BulkItem = {
      updateMany: { filter: { size: { $gt: 1 } }, update: { $set: { large: true } } },
    };
    const odd: BulkItem = { updateMany: { filter: { $or: [{ a: 1 }] }, update: { $set: { b: true } } } };
    expect(again(finish)).toEqual([true]);
    // Sent again, it would finish what was reopened after it.
    expect(again(finish, reopen)).toEqual([false, true]);
    expect(again(mark, reopen)).toEqual([true, true]);
    expect(again(odd, mark)).toEqual([false, true]);
  });
});
