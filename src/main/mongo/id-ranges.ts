import type { Collection, Document, Filter } from 'mongodb';
import { BSON_TYPES, bsonValue, type RawValue, rawId, TYPE_CLASSES, typeClass } from './bson-order.js';
import { serverTraits } from './server-traits.js';

type TypeName = keyof typeof BSON_TYPES;

/** FerretDB refuses to be asked for types that it can't keep. */
const FERRETDB_TYPES: readonly TypeName[] = [
  'null',
  'double',
  'int',
  'long',
  'string',
  'object',
  'binData',
  'objectId',
  'bool',
  'date',
  'timestamp',
];

/** The types that a server can be asked for. */
export async function typesOf(
  collection: Collection,
  signal: AbortSignal | undefined,
): Promise<ReadonlySet<TypeName>> {
  const { isFerretDb } = await serverTraits(collection, signal);
  return new Set(isFerretDb ? FERRETDB_TYPES : TYPE_CLASSES.flat());
}

/**
 * The filter for the `_id`s of all types that sort behind one. Comparisons in filters stay inside of a type class (`$gt: 5`
 * finds no strings), so what is asked for is what is greater in the class, or is of a class behind it. Both are looked up in
 * the index of `_id`.
 */
export function filterBehind(after: RawValue | undefined, types: ReadonlySet<TypeName>): Filter<Document> {
  if (after === undefined) return {};
  const behind = TYPE_CLASSES.slice(typeClass(after.type) + 1)
    .flat()
    .filter((name) => types.has(name));
  const parts: Document[] = [];
  if (!SINGLE.has(after.type)) parts.push({ _id: greaterThan(after) });
  if (behind.length > 0) parts.push({ _id: { $type: behind.map(numberInFilters) } });
  return parts.length === 1 ? parts[0]! : parts.length === 0 ? { _id: { $in: [] } } : { $or: parts };
}

/** Types with a single value: nothing of the same type is behind it. */
const SINGLE: ReadonlySet<number> = new Set([
  BSON_TYPES.minKey,
  BSON_TYPES.maxKey,
  BSON_TYPES.null,
  BSON_TYPES.undefined,
]);

function numberInFilters(name: TypeName): number {
  return name === 'minKey' ? -1 : BSON_TYPES[name];
}

/** `$gt: NaN` finds nothing, although all other numbers sort behind it. */
function greaterThan(value: RawValue): Document {
  const isNotANumber = typeClass(value.type) === NUMBERS && String(bsonValue(value)) === 'NaN';
  return isNotANumber ? { $gte: Number.NEGATIVE_INFINITY } : { $gt: bsonValue(value) };
}

const NUMBERS = typeClass(BSON_TYPES.double);

/**
 * Ids that cut a collection into `ranges` of about as many documents each, in their order: each is the last one of its
 * range. The last range is open.
 */
export async function cutRanges(
  collection: Collection,
  documents: number,
  ranges: number,
): Promise<RawValue[]> {
  const cuts: RawValue[] = [];
  for (let i = 1; i < ranges; i++) {
    const [document] = await collection
      .find({}, { projection: { _id: 1 }, sort: { _id: 1 }, raw: true })
      .skip(Math.ceil((documents * i) / ranges) - 1)
      .limit(1)
      .toArray();
    if (document !== undefined) cuts.push(rawId(document as unknown as Uint8Array)!);
  }
  return cuts;
}
