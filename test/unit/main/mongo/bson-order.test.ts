import { BSON, Long, ObjectId } from 'mongodb';
import { beforeAll, describe, expect, it } from 'vitest';
import { bsonValue, compareBson, rawId, rawValues } from '../../../../src/main/mongo/bson-order.js';
import { loadDriver } from '../../../../src/main/mongo/load-driver.js';
import { IN_ORDER, raw } from '../../../helpers/bson-values.js';

beforeAll(() => loadDriver('the tests'));

describe('compareBson', () => {
  it('sorts values of all types as MongoDB does', () => {
    const all = IN_ORDER.flatMap((row, rank) => row.map((value) => ({ rank, value: raw(value) })));
    for (const a of all) {
      for (const b of all) {
        const shown = `${JSON.stringify(bsonValue(a.value))} and ${JSON.stringify(bsonValue(b.value))}`;
        expect(Math.sign(compareBson(a.value, b.value)), shown).toBe(Math.sign(a.rank - b.rank));
      }
    }
  });
});

describe('rawId', () => {
  it('finds the _id wherever it is, and says so if there is none', () => {
    const id = new ObjectId();
    expect(bsonValue(rawId(BSON.serialize({ x: { _id: 1 }, _id: id, y: 2 }))!)).toEqual(id);
    expect(rawId(BSON.serialize({ id: 1 }))).toBeUndefined();
  });
});

describe('bsonValue', () => {
  it('keeps types, so that the same bytes can be made of it', () => {
    for (const value of [...IN_ORDER.flat(), { n: Long.ONE, list: [1, 'two'] }]) {
      const before = BSON.serialize({ value });
      const after = BSON.serialize({ value: bsonValue(rawValues(before).get('value')!) });
      expect(Buffer.from(after).toString('hex')).toBe(Buffer.from(before).toString('hex'));
    }
  });
});
