/** What an object takes beside its content, and what a number, a reference or a boolean takes. */
const OBJECT_BYTES = 32;
const WORD_BYTES = 8;

/**
 * About how many bytes a value takes in memory. Strings are counted with 2 bytes a unit, buffers with their length;
 * what is referred to twice is counted once; what a class hides is not seen.
 */
export function valueBytes(value: unknown): number {
  const seen = new Set<object>();
  const waiting: unknown[] = [value];
  let bytes = 0;
  while (waiting.length > 0) {
    const next = waiting.pop();
    if (typeof next === 'string') bytes += OBJECT_BYTES + 2 * next.length;
    else if (typeof next !== 'object' || next === null) bytes += WORD_BYTES;
    else if (!seen.has(next)) {
      seen.add(next);
      bytes += OBJECT_BYTES + ownBytes(next, waiting);
    }
  }
  return bytes;
}

/** The bytes of the object itself; what it holds is put to those that are waiting. */
function ownBytes(object: object, waiting: unknown[]): number {
  if (ArrayBuffer.isView(object) || object instanceof ArrayBuffer || object instanceof SharedArrayBuffer)
    return object.byteLength;
  if (object instanceof Map) for (const entry of object) waiting.push(...entry);
  else if (object instanceof Set) for (const member of object) waiting.push(member);
  else for (const member of Object.values(object)) waiting.push(member);
  return 0;
}
