import type { Decimal128 } from 'mongodb';
import { driver } from './load-driver.js';

/** A value in a BSON document, as it stands there. */
export interface RawValue {
  readonly type: number;
  readonly bytes: Uint8Array;
}

/** The types of BSON, by their numbers in it. */
export const BSON_TYPES = {
  double: 1,
  string: 2,
  object: 3,
  array: 4,
  binData: 5,
  undefined: 6,
  objectId: 7,
  bool: 8,
  date: 9,
  null: 10,
  regex: 11,
  dbPointer: 12,
  javascript: 13,
  symbol: 14,
  javascriptWithScope: 15,
  int: 16,
  timestamp: 17,
  long: 18,
  decimal: 19,
  minKey: 255,
  maxKey: 127,
} as const;

/**
 * Types in the order in which MongoDB sorts them; those in one row are compared with each other
 * (https://www.mongodb.com/docs/manual/reference/bson-type-comparison-order/, and `canonicalizeBSONType` in the server).
 */
export const TYPE_CLASSES: readonly (readonly (keyof typeof BSON_TYPES)[])[] = [
  ['minKey'],
  ['undefined'],
  ['null'],
  ['double', 'int', 'long', 'decimal'],
  ['string', 'symbol'],
  ['object'],
  ['array'],
  ['binData'],
  ['objectId'],
  ['bool'],
  ['date'],
  ['timestamp'],
  ['regex'],
  ['dbPointer'],
  ['javascript'],
  ['javascriptWithScope'],
  ['maxKey'],
];

const CLASS_OF = new Map<number, number>(
  TYPE_CLASSES.flatMap((names, rank) => names.map((name) => [BSON_TYPES[name], rank] as const)),
);

/** Where a type stands in {@link TYPE_CLASSES}. */
export function typeClass(type: number): number {
  const rank = CLASS_OF.get(type & 0xff);
  if (rank === undefined) throw new RangeError(`no type of BSON: ${type}`);
  return rank;
}

/** The `_id` of a document; undefined if it has none. */
export function rawId(document: Uint8Array): RawValue | undefined {
  for (const { name, ...value } of elements(document)) if (name === '_id') return value;
  return undefined;
}

/** The values of a document by their names. */
export function rawValues(document: Uint8Array): Map<string, RawValue> {
  return new Map(Array.from(elements(document), ({ name, ...value }) => [name, value]));
}

/** A value as JavaScript has it, its type kept: numbers are `Int32`, `Double`, `Long` or `Decimal128`. */
export function bsonValue({ type, bytes }: RawValue): unknown {
  const document = Buffer.alloc(bytes.length + 8);
  document.writeInt32LE(document.length);
  document[4] = type;
  document[5] = 0x76; // The name is `v`.
  document.set(bytes, 7);
  return driver().BSON.deserialize(document, PRESERVING).v;
}

/** How documents are made of BSON so that it can be made of them again. */
export const PRESERVING = { promoteValues: false, bsonRegExp: true } as const;

/**
 * Compares two values as MongoDB sorts them where no collation is asked for: by type first; numbers of all types by what
 * they are, NaN before all others; strings by their bytes; objects element by element, by type, name and value; binary data
 * by length, subtype and bytes.
 *
 * @returns negative if `a` comes first, positive if `b` does, else 0
 */
export function compareBson(a: RawValue, b: RawValue): number {
  const rank = typeClass(a.type);
  return rank - typeClass(b.type) || COMPARE[TYPE_CLASSES[rank]![0]!]!(a, b);
}

/**
 * Equal for values that compare as equal, and only for them: what a unique index takes for the same `_id`. Numbers are the same
 * by what they are, whatever their type, also inside of objects.
 */
export function bsonKey(value: RawValue): string {
  const { type, bytes } = value;
  const [kind] = TYPE_CLASSES[typeClass(type)]!;
  if (kind === 'double') return `n${numberKey(value)}`;
  if (kind === 'string') return `s${Buffer.from(bytes.subarray(4, -1)).toString()}`;
  if (kind !== 'object' && kind !== 'array') return `${kind}${Buffer.from(bytes).toString('latin1')}`;
  const parts = Array.from(elements(bytes), (element) => [
    kind === 'object' ? element.name : '',
    bsonKey(element),
  ]);
  return `${kind}${JSON.stringify(parts)}`;
}

const COMPARE: Readonly<Record<string, (a: RawValue, b: RawValue) => number>> = {
  minKey: () => 0,
  undefined: () => 0,
  null: () => 0,
  double: compareNumbers,
  string: (a, b) => Buffer.compare(a.bytes.subarray(4), b.bytes.subarray(4)),
  object: (a, b) => compareElements(a, b, true),
  array: (a, b) => compareElements(a, b, false),
  binData: compareBinary,
  objectId: (a, b) => Buffer.compare(a.bytes, b.bytes),
  bool: (a, b) => a.bytes[0]! - b.bytes[0]!,
  date: (a, b) => signOf(view(a).getBigInt64(0, true) - view(b).getBigInt64(0, true)),
  timestamp: (a, b) => signOf(view(a).getBigUint64(0, true) - view(b).getBigUint64(0, true)),
  regex: (a, b) => Buffer.compare(a.bytes, b.bytes),
  dbPointer: (a, b) =>
    a.bytes.length - b.bytes.length || Buffer.compare(a.bytes.subarray(4), b.bytes.subarray(4)),
  javascript: (a, b) => Buffer.compare(a.bytes.subarray(4), b.bytes.subarray(4)),
  javascriptWithScope: (a, b) => Buffer.compare(a.bytes.subarray(4), b.bytes.subarray(4)),
  maxKey: () => 0,
};

function compareElements(a: RawValue, b: RawValue, withNames: boolean): number {
  const others = elements(b.bytes);
  for (const element of elements(a.bytes)) {
    const { value: other } = others.next();
    if (other === undefined) return 1;
    const order =
      typeClass(element.type) - typeClass(other.type) ||
      (withNames ? Buffer.compare(Buffer.from(element.name), Buffer.from(other.name)) : 0) ||
      compareBson(element, other);
    if (order !== 0) return order;
  }
  return others.next().done ? 0 : -1;
}

function* elements(document: Uint8Array): Generator<RawValue & { name: string }, undefined> {
  for (const [type, nameAt, nameBytes, at, length] of driver().BSON.onDemand.parseToElements(document)) {
    const name = Buffer.from(document.buffer, document.byteOffset + nameAt, nameBytes).toString();
    yield { type, name, bytes: document.subarray(at, at + length) };
  }
  return undefined;
}

/** Length (4 bytes), subtype, bytes; the old subtype 2 has the length a second time. */
function compareBinary(a: RawValue, b: RawValue): number {
  const length = (value: RawValue) => view(value).getInt32(0, true);
  return length(a) - length(b) || Buffer.compare(a.bytes.subarray(4), b.bytes.subarray(4));
}

function compareNumbers(a: RawValue, b: RawValue): number {
  const [x, y] = [numberOf(a), numberOf(b)];
  if (typeof x === 'number' && typeof y === 'number') {
    if (Number.isNaN(x) || Number.isNaN(y)) return Number(Number.isNaN(y)) - Number(Number.isNaN(x));
    return x < y ? -1 : Number(x > y);
  }
  // What is no fraction is infinite or NaN, or can be made one.
  if (typeof x === 'number' && !Number.isFinite(x)) return x > 0 ? 1 : -1;
  if (typeof y === 'number' && !Number.isFinite(y)) return y > 0 ? -1 : 1;
  const [left, right] = [fractionOf(x), fractionOf(y)];
  return signOf(left.above * right.below - right.above * left.below);
}

/** An exact number; `below` is positive. */
interface Fraction {
  above: bigint;
  below: bigint;
}

function numberOf(value: RawValue): number | Fraction {
  if (value.type === BSON_TYPES.int) return view(value).getInt32(0, true);
  if (value.type === BSON_TYPES.double) return view(value).getFloat64(0, true);
  if (value.type === BSON_TYPES.long) return { above: view(value).getBigInt64(0, true), below: 1n };
  return decimalOf(String(bsonValue(value) as Decimal128));
}

function numberKey(value: RawValue): string {
  const number = numberOf(value);
  if (typeof number === 'number' && !Number.isFinite(number)) return String(number);
  const { above, below } = fractionOf(number);
  let [divisor, rest] = [above < 0n ? -above : above, below];
  while (rest !== 0n) [divisor, rest] = [rest, divisor % rest];
  return `${above / divisor}/${below / divisor}`;
}

function decimalOf(text: string): number | Fraction {
  const parts = /^(-?)(\d+)(?:\.(\d+))?(?:E([+-]?\d+))?$/.exec(text);
  if (parts === null) return Number(text); // NaN, Infinity, -Infinity
  const [, sign, whole, decimals = '', exponent = '0'] = parts;
  const power = Number(exponent) - decimals.length;
  const digits = BigInt(`${sign}${whole}${decimals}`);
  return power >= 0
    ? { above: digits * 10n ** BigInt(power), below: 1n }
    : { above: digits, below: 10n ** BigInt(-power) };
}

/** A finite double is a whole number times a power of two. */
function fractionOf(value: number | Fraction): Fraction {
  if (typeof value !== 'number') return value;
  let below = 1n;
  let scaled = value;
  while (!Number.isInteger(scaled)) {
    scaled *= 2;
    below *= 2n;
  }
  return { above: BigInt(scaled), below };
}

function view({ bytes }: RawValue): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function signOf(difference: bigint): number {
  return difference < 0n ? -1 : Number(difference > 0n);
}
