import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type BatchBounds, BatchCutter } from '../../../../src/main/mongo/cut-batches.js';
import type { Statement } from '../../../../src/main/mongo/statement.js';

const kinds = fc.constantFrom('insert', 'update', 'delete');
const statements = fc
  .array(fc.record({ kind: kinds, bytes: fc.integer({ min: 5, max: 120 }), isAlone: fc.boolean() }), {
    maxLength: 60,
  })
  .map((list) =>
    list.map(({ kind, bytes, isAlone }, index): Statement & { isAlone: boolean } => ({
      index,
      kind: kind as Statement['kind'],
      raw: new Uint8Array(bytes),
      isAlone,
      body: {},
      id: index,
      document: undefined,
      idempotent: true,
    })),
  );
const bounds = fc.record({
  most: fc.integer({ min: 1, max: 8 }),
  maxBytes: fc.integer({ min: 1, max: 400 }),
});

function cut(list: readonly Statement[], given: BatchBounds) {
  const cutter = new BatchCutter(given);
  const batches = list.flatMap((statement) => cutter.push(statement));
  batches.push(...cutter.flush());
  expect(cutter.size).toBe(0);
  return batches;
}

/** What the list of a command takes: MongoDB's BSON has a type, a name of at most six digits and a zero for each. */
const bytesOf = (list: readonly Statement[]) => list.reduce((sum, { raw }) => sum + raw.length + 9, 0);

describe('BatchCutter', () => {
  it.each([true, false])(
    'holds each statement once, of one kind, within its bounds (ordered: %s)',
    (ordered) => {
      fc.assert(
        fc.property(statements, bounds, (list, { most, maxBytes }) => {
          const isAlone = (statement: Statement) => (statement as { isAlone?: boolean }).isAlone === true;
          const batches = cut(list, { maxCount: () => most, maxBytes, ordered, isAlone });
          const all = batches.flatMap((batch) => batch.statements);
          expect(all.map(({ index }) => index).sort((a, b) => a - b)).toEqual(list.map(({ index }) => index));
          for (const batch of batches) {
            expect(new Set(batch.statements.map(({ kind }) => kind))).toEqual(new Set([batch.kind]));
            expect(batch.statements.length).toBeLessThanOrEqual(most);
            if (batch.statements.length > 1) {
              expect(bytesOf(batch.statements)).toBeLessThanOrEqual(maxBytes);
              expect(batch.statements.some(isAlone)).toBe(false);
            }
          }
          if (ordered) expect(all).toEqual(list);
        }),
      );
    },
  );

  it('makes no more batches than it has to', () => {
    fc.assert(
      fc.property(statements, bounds, (list, { most, maxBytes }) => {
        const batches = cut(list, { maxCount: () => most, maxBytes, ordered: false });
        for (const kind of ['insert', 'update', 'delete']) {
          const mine = batches.filter((batch) => batch.kind === kind);
          mine.slice(1).forEach(({ statements: [first] }, i) => {
            const { statements: before } = mine[i]!;
            expect(before.length === most || bytesOf([...before, first!]) > maxBytes).toBe(true);
          });
        }
      }),
    );
  });

  it('asks for the number anew for each batch', () => {
    let most = 2;
    const raw = new Uint8Array(5);
    const list = Array.from({ length: 10 }, (_, index) => ({ index, kind: 'insert', raw }) as Statement);
    const cutter = new BatchCutter({ maxCount: () => most, maxBytes: 1000, ordered: false });
    const sizes: number[] = [];
    for (const statement of list) {
      const ready = cutter.push(statement);
      sizes.push(...ready.map(({ statements: { length } }) => length));
      if (ready.length > 0) most = 4;
    }
    expect(sizes).toEqual([2, 4, 4]);
  });
});
