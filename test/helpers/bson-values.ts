import {
  Binary,
  BSON,
  BSONRegExp,
  Code,
  Decimal128,
  Double,
  Int32,
  Long,
  MaxKey,
  MinKey,
  ObjectId,
  Timestamp,
} from 'mongodb';
import { type RawValue, rawId } from '../../src/main/mongo/bson-order.js';

/** A value as it stands in BSON. */
export function raw(value: unknown): RawValue {
  return rawId(BSON.serialize({ _id: value }))!;
}

/** Values of all types in the order in which MongoDB sorts them. Those in one row are equal. */
export const IN_ORDER: readonly (readonly unknown[])[] = [
  [new MinKey()],
  [null],
  [new Double(Number.NaN), Decimal128.fromString('NaN')],
  [new Double(Number.NEGATIVE_INFINITY), Decimal128.fromString('-Infinity')],
  [Decimal128.fromString('-1E+400')],
  [Long.MIN_VALUE, new Double(-(2 ** 63))],
  [new Double(-1.5), Decimal128.fromString('-1.50')],
  [new Double(-0), new Int32(0), Long.ZERO, Decimal128.fromString('0E+3')],
  [Decimal128.fromString('0.1')],
  // The double that is written 0.1 is more than a tenth.
  [new Double(0.1)],
  [new Int32(5), new Double(5), Long.fromNumber(5), Decimal128.fromString('5.0')],
  [new Double(2 ** 53), Long.fromString('9007199254740992')],
  [Long.fromString('9007199254740993'), Decimal128.fromString('9007199254740993')],
  [Long.MAX_VALUE],
  [new Double(2 ** 63)],
  [new Double(Number.POSITIVE_INFINITY)],
  [''],
  ['B'],
  ['a'],
  ['aa'],
  ['é'],
  // By bytes of UTF-8, not by units of UTF-16.
  ['\ufffd'],
  ['\u{1f600}'],
  [{}],
  [{ a: 1 }],
  [{ a: 1, c: 1 }],
  [{ a: 2 }],
  [{ b: 1 }],
  [{ a: 'x' }],
  [new Binary(Buffer.of(9))],
  [new Binary(Buffer.of(1, 2))],
  [new Binary(Buffer.of(1, 2), 0x80)],
  [new ObjectId('000000000000000000000001')],
  [new ObjectId('0000000000000000000000ff')],
  [false],
  [true],
  [new Date(-5)],
  [new Date(6)],
  [new Timestamp({ t: 1, i: 2 })],
  [new Timestamp({ t: 0x80000000, i: 0 })],
  [new BSONRegExp('a', 'i')],
  [new Code('x')],
  [new MaxKey()],
];
