import fc from 'fast-check';
import { BSON, type Document } from 'mongodb';
import { beforeAll, describe, expect, it } from 'vitest';
import { type BatchRules, BatchWork } from '../../../../src/main/mongo/batch-work.js';
import { CommandFailure } from '../../../../src/main/mongo/command-error.js';
import type { DbOutcome } from '../../../../src/main/mongo/db-outcome.js';
import { Ledger } from '../../../../src/main/mongo/ledger.js';
import { loadDriver } from '../../../../src/main/mongo/load-driver.js';
import { makeStatement } from '../../../../src/main/mongo/make-statement.js';
import type { Statement } from '../../../../src/main/mongo/statement.js';
import { loneContext } from '../../../../src/main/run/lone-context.js';

/** What happens to one command after the other; after the last one nothing more goes wrong. */
type Fault = 'fine' | 'cut' | 'dropReply' | 'refuse' | 'half';
const faults = fc.array(fc.constantFrom<Fault>('fine', 'cut', 'dropReply', 'refuse', 'half'), {
  maxLength: 8,
});

/** A collection that does what MongoDB's commands do, with faults. */
class FaultyCollection {
  readonly documents = new Map<unknown, Document>();
  readonly effects = new Map<unknown, number>();

  constructor(private readonly faults: readonly Fault[]) {}
  private sent = 0;

  send(statements: readonly Statement[], ordered: boolean): Document {
    const fault = this.faults[this.sent++] ?? 'fine';
    const lost = new CommandFailure('lost', { category: 'transient', sent: 'unknown' });
    if (fault === 'cut') throw lost;
    if (fault === 'refuse') throw new CommandFailure('elsewhere', { category: 'transient', sent: false });
    const part = fault === 'half' ? statements.slice(0, Math.ceil(statements.length / 2)) : statements;
    const reply = this.apply(part, ordered);
    if (fault !== 'fine') throw lost;
    return reply;
  }

  private apply(statements: readonly Statement[], ordered: boolean): Document {
    const writeErrors: Document[] = [];
    let n = 0;
    for (const [index, { kind, id, document, body }] of statements.entries()) {
      if (kind === 'insert' && this.documents.has(id)) {
        writeErrors.push({ index, code: 11000, errmsg: 'E11000' });
        if (ordered) break;
        continue;
      }
      n++;
      if (kind === 'insert') this.documents.set(id, document!);
      else if (body.u.$inc !== undefined) this.effects.set(id, (this.effects.get(id) ?? 0) + 1);
    }
    return { ok: 1, n, ...(writeErrors.length > 0 && { writeErrors }) };
  }

  read(ids: readonly unknown[]): Uint8Array[] {
    if (this.faults[this.sent++] === 'cut')
      throw new CommandFailure('lost', { category: 'transient', sent: 'unknown' });
    return ids.filter((id) => this.documents.has(id)).map((id) => BSON.serialize(this.documents.get(id)!));
  }
}

/** Runs a batch to its end, with at most so many attempts. */
async function run(
  collection: FaultyCollection,
  statements: Statement[],
  ordered: boolean,
  attempts: number,
) {
  const ledger = new Ledger(1000, undefined);
  ledger.items = statements.length;
  const rules: BatchRules = {
    bson: BSON,
    options: {},
    ordered,
    acceptsSame: false,
    isWhole: false,
    namesErrors: () => true,
    ledger,
    send: async (some) => collection.send(some, ordered),
    read: async (ids) => collection.read(ids),
  };
  const work = new BatchWork({ kind: statements[0]!.kind, statements }, rules);
  for (let i = 0; i < attempts; i++) {
    const isDone = await work.advance(loneContext()).then(
      () => true,
      () => false,
    );
    if (isDone) break;
  }
  work.giveUp();
  return ledger.outcome;
}

function check({ items, acknowledged, rejected, unknown, notDone, unknowns, rejections }: DbOutcome) {
  expect(acknowledged + rejected + unknown + notDone).toBe(items);
  expect(notDone).toBeGreaterThanOrEqual(0);
  const indexes = [...unknowns, ...rejections].map(({ index }) => index);
  expect(new Set(indexes).size).toBe(indexes.length);
}

const rules = { bson: BSON, options: {}, maxDocumentBytes: 1e6, newId: () => 'new' };

describe('BatchWork', () => {
  beforeAll(() => loadDriver('the tests'));

  it('inserts each document once, and tells of each what became of it', async () => {
    const ids = fc.array(fc.integer({ min: 0, max: 12 }), { minLength: 1, maxLength: 10 });
    await fc.assert(
      fc.asyncProperty(
        faults,
        ids,
        fc.uniqueArray(fc.integer({ min: 0, max: 12 })),
        fc.boolean(),
        fc.integer({ min: 1, max: 12 }),
        async (faulty, wanted, present, ordered, attempts) => {
          const collection = new FaultyCollection(faulty);
          for (const _id of present) collection.documents.set(_id, { _id, by: 'somebody else' });
          const statements = wanted.map(
            (_id, index) => makeStatement('insertMany', { _id, by: index }, index, rules) as Statement,
          );
          const outcome = await run(collection, statements, ordered, attempts);
          check(outcome);
          const lost = new Set(outcome.unknowns.map(({ index }) => index));
          const refused = new Set(outcome.rejections.map(({ index }) => index));
          const isThere = (index: number) => collection.documents.get(wanted[index])?.by === index;
          const there = wanted.filter((_, index) => isThere(index)).length;
          const unclear = wanted.filter((_, index) => lost.has(index) && isThere(index)).length;
          // Acknowledged are those that are there, but for those of which nobody knows; rejected ones are not there.
          expect(outcome.acknowledged).toBe(there - unclear);
          for (const index of refused) expect(isThere(index)).toBe(false);
          for (const _id of present) expect(collection.documents.get(_id)?.by).toBe('somebody else');
          if (ordered && refused.size > 0) {
            const first = Math.min(...refused);
            expect(wanted.every((_, index) => index <= first || !isThere(index))).toBe(true);
          }
          if (attempts > faulty.length) expect(outcome.unknown).toBe(0);
        },
      ),
      { numRuns: 2000 },
    );
  });

  it('never does twice what must not be done twice', async () => {
    await fc.assert(
      fc.asyncProperty(
        faults,
        fc.integer({ min: 1, max: 6 }),
        fc.boolean(),
        async (faulty, count, ordered) => {
          const collection = new FaultyCollection(faulty);
          const statements = Array.from(
            { length: count },
            (_, index) =>
              makeStatement(
                'updateOne',
                { filter: { _id: index }, update: { $inc: { n: 1 } } },
                index,
                rules,
              ) as Statement,
          );
          const outcome = await run(collection, statements, ordered, 10);
          check(outcome);
          const effects = [...collection.effects.values()];
          expect(effects.every((times) => times === 1)).toBe(true);
          expect(outcome.acknowledged).toBeLessThanOrEqual(effects.length);
          expect(outcome.acknowledged + outcome.unknown).toBeGreaterThanOrEqual(effects.length);
        },
      ),
      { numRuns: 1000 },
    );
  });
});
