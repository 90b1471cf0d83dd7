import { createHash, type Hash } from 'node:crypto';
import { MillraceError } from './errors.js';

/** Values nested deeper than this are refused, and with them cycles. */
const MAX_DEPTH = 100;

/**
 * A name for a value: equal values have equal names, in every process and on every machine, and different ones do not.
 * The SHA-256 of the value's canonical form, in 43 characters of base64url. The order of an object's keys doesn't
 * matter; that of a Map's or a Set's entries does.
 *
 * @throws MillraceError `MILLRACE_INVALID_ARGUMENT` for what has no content to go by: functions, symbols, instances of
 * classes, cycles.
 *
 * @example
 * stableKey({ model: 'm', text: 'hello' }) === stableKey({ text: 'hello', model: 'm' }); // true
 */
export function stableKey(value: unknown): string {
  const hash = createHash('sha256');
  write(hash, value, 0);
  return hash.digest('base64url');
}

function write(hash: Hash, value: unknown, depth: number): void {
  if (depth > MAX_DEPTH) throw refusal(`a value nested deeper than ${MAX_DEPTH}, or a cycle`);
  if (typeof value === 'string') text(hash, value);
  else if (typeof value === 'number') tag(hash, `d${Object.is(value, -0) ? '-0' : value}`);
  else if (typeof value === 'bigint') tag(hash, `b${value}`);
  else if (typeof value === 'object' && value !== null) writeObject(hash, value, depth);
  else if (typeof value === 'boolean' || value == null) tag(hash, String(value));
  else throw refusal(`a ${typeof value}`);
}

function writeObject(hash: Hash, value: object, depth: number): void {
  if (Array.isArray(value)) list(hash, '[', value, depth);
  else if (value instanceof Date) tag(hash, `D${value.getTime()}`);
  else if (value instanceof Map) list(hash, 'M', [...value], depth);
  else if (value instanceof Set) list(hash, 'S', [...value], depth);
  else if (ArrayBuffer.isView(value))
    bytes(hash, kindOf(value), new Uint8Array(value.buffer, value.byteOffset, value.byteLength));
  else if (value instanceof ArrayBuffer || value instanceof SharedArrayBuffer)
    bytes(hash, kindOf(value), new Uint8Array(value));
  else writePlain(hash, value, depth);
}

function writePlain(hash: Hash, value: object, depth: number): void {
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== null) throw refusal(`an instance of ${kindOf(value)}`);
  const names = Object.keys(value).sort();
  tag(hash, `{${names.length}`);
  for (const name of names) {
    text(hash, name);
    write(hash, (value as Record<string, unknown>)[name], depth + 1);
  }
}

function list(hash: Hash, kind: string, items: readonly unknown[], depth: number): void {
  tag(hash, `${kind}${items.length}`);
  for (const item of items) write(hash, item, depth + 1);
}

function tag(hash: Hash, mark: string): void {
  hash.update(`${mark};`, 'utf16le');
}

/** In UTF-16, which also tells lone surrogates apart. */
function text(hash: Hash, content: string): void {
  hash.update(`s${content.length}:${content}`, 'utf16le');
}

function bytes(hash: Hash, kind: string, content: Uint8Array): void {
  tag(hash, `B${kind}${content.byteLength}`);
  hash.update(content);
}

function kindOf(value: object): string {
  return value.constructor?.name ?? 'no class';
}

function refusal(what: string): MillraceError {
  return new MillraceError(
    'MILLRACE_INVALID_ARGUMENT',
    `stableKey: expected plain data, received ${what}: give the option "key" instead`,
  );
}
