import fc from 'fast-check';
import type { Document } from 'mongodb';
import { it, onTestFinished } from 'vitest';
import { batchDbOperation, DbOperationError } from '../../src/main/mongo.js';
import { connect, contents, describeWithMongo } from '../helpers/mongo.js';
import { WireProxy } from '../helpers/wire-proxy.js';

const soaks = Boolean(process.env.MILLRACE_SOAK);
const interrupted = { ok: 0, code: 11600, errmsg: 'interrupted' };
/** Faults cost half a second each, in which the driver looks at the server again. */
const faults = fc.array(
  fc.constantFrom('cut', 'dropReply', 'interrupted', 'done and interrupted', 'fine', 'fine', 'fine'),
  { maxLength: 6 },
);

describeWithMongo('under random faults', ({ uri, db, name }) => {
  it('each item is acknowledged, rejected or unknown, and that is true', { timeout: 1_200_000 }, async () => {
    const proxy = await WireProxy.start(uri);
    onTestFinished(() => proxy[Symbol.asyncDispose]());
    const client = await connect(proxy.uri, { retryReads: false });
    const isThere = (stored: Document[], index: number) => stored.some(({ by }) => by === index);
    await fc.assert(
      fc.asyncProperty(
        faults,
        fc.array(fc.integer({ min: 0, max: 25 }), { minLength: 5, maxLength: 30 }),
        fc.boolean(),
        fc.integer({ min: 1, max: 6 }),
        async (sequence, ids, ordered, maxAttempts) => {
          const left = [...sequence];
          proxy.rule = (command) => {
            if (command.name !== 'insert' && command.name !== 'find') return undefined;
            const fault = left.shift();
            if (fault === 'cut' || fault === 'dropReply') return { do: fault };
            if (fault === 'interrupted') return { do: 'reply', document: interrupted };
            return fault === 'done and interrupted' ? { do: 'amend', change: () => interrupted } : undefined;
          };
          const collection = client.db(db.databaseName).collection<Document>(name());
          const outcome = await batchDbOperation({
            collection,
            operation: 'insertMany',
            items: ids.map((_id, by) => ({ _id, by })),
            batchSize: 7,
            ordered,
            retry: { baseMs: 1, capMs: 2, maxAttempts },
          }).catch((error) => {
            if (error instanceof DbOperationError) return error.outcome;
            throw error;
          });
          const { items, acknowledged, rejected, unknown, notDone, rejections, unknowns } = outcome;
          const stored = await contents(db, collection.collectionName);
          const unclear = unknowns.filter(({ index }) => isThere(stored, index)).length;
          const told = [
            acknowledged + rejected + unknown + notDone === items,
            unknowns.length === unknown && rejections.length === rejected,
            stored.length === acknowledged + unclear,
            rejections.every(({ index }) => !isThere(stored, index)),
            maxAttempts <= sequence.length || unknown === 0,
            ordered || maxAttempts <= sequence.length || notDone === 0,
          ];
          return told.every(Boolean);
        },
      ),
      { numRuns: soaks ? 200 : 12 },
    );
  });
});
