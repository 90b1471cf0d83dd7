import { BSON, type Document } from 'mongodb';

const { EJSON } = BSON;

/**
 * Whether a value is as the unified test format of MongoDB's drivers asks for: documents may have more fields at the top, and
 * `$$unsetOrMatches`, `$$exists` and `$$type` mean what that says.
 */
export function matches(expected: unknown, actual: unknown, isTop = true): boolean {
  if (typeof expected !== 'object' || expected === null || '_bsontype' in expected)
    return (
      EJSON.stringify({ v: expected }, { relaxed: true }) ===
      EJSON.stringify({ v: actual }, { relaxed: true })
    );
  if (Array.isArray(expected)) {
    if (!Array.isArray(actual) || actual.length !== expected.length) return false;
    return expected.every((item, i) => matches(item, actual[i], false));
  }
  const wanted = expected as Document;
  if ('$$unsetOrMatches' in wanted)
    return actual === undefined || matches(wanted.$$unsetOrMatches, actual, isTop);
  if ('$$exists' in wanted) return (actual !== undefined) === wanted.$$exists;
  if ('$$type' in wanted) return actual !== undefined;
  if (typeof actual !== 'object' || actual === null) return false;
  const given = actual as Document;
  const isComplete = isTop || Object.keys(given).every((name) => name in wanted);
  return isComplete && Object.entries(wanted).every(([name, value]) => matches(value, given[name], false));
}
