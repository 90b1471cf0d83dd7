import { BSON, Long, ObjectId } from 'mongodb';
import { beforeAll, describe, expect, it } from 'vitest';
import { bsonKey, bsonValue, compareBson, rawId, rawValues } from '../../../../src/main/mongo/bson-order.js';
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

describe('bsonKey', () => {
  it('is the same for values that compare as equal, and no others', () => {
    const numbers = [Long.fromString('9007199254740993'), Long.fromString('9007199254740992'), 2 ** 53];
    const nested = [{ a: [1, 'x'] }, { a: [Long.ONE, 'x'] }, { b: [1, 'x'] }, { a: [1.5, 'x'] }];
    const all = [...IN_ORDER.flat(), ...numbers, ...nested].map((value) => raw(value));
    for (const a of all) {
      for (const b of all) {
        const shown = `${JSON.stringify(bsonValue(a))} and ${JSON.stringify(bsonValue(b))}`;
        expect(bsonKey(a) === bsonKey(b), shown).toBe(compareBson(a, b) === 0);
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
