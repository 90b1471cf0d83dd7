import { deserialize, serialize } from 'node:v8';
import { crc32 } from 'node:zlib';
import { packError, type TransportedError, unpackError } from '../../shared/error-transport.js';
import { MillraceError } from '../../shared/errors.js';

/** How an item ended, as a journal keeps it. */
export type Recorded = { readonly key: string; readonly attempts: number } & (
  | { readonly state: 'done'; readonly value: unknown }
  | { readonly state: 'failed'; readonly error: unknown }
);

/** What a journal begins with. */
export interface JournalHeader {
  readonly journal: 1;
  readonly version: string | null;
  readonly settings: unknown;
}

/**
 * A line of a journal: `{"crc":"…","record":…}`, where `crc` is the CRC-32 of the record's text in hexadecimal digits.
 * A damaged line is known for it, and takes no other with it.
 */
export function journalLine(record: object): string {
  const text = JSON.stringify(record);
  return `{"crc":"${checksum(text)}","record":${text}}\n`;
}

const LINE = /^\{"crc":"([0-9a-f]{8})","record":(\{.*\})\}$/s;

/** The record of a line without its end; undefined if the line is torn or damaged. */
export function recordOf(line: string): object | undefined {
  const [, crc, text] = LINE.exec(line) ?? [];
  if (text === undefined || checksum(text) !== crc) return undefined;
  return JSON.parse(text) as object;
}

function checksum(text: string): string {
  return crc32(text).toString(16).padStart(8, '0');
}

/**
 * Values stand in the line as JSON if that gives them back as they are, else as what V8's structured clone makes of
 * them, in base64: typed arrays, dates, maps, `undefined`.
 *
 * @throws MillraceError `MILLRACE_NOT_CLONEABLE` for a value that neither can keep, such as a function
 */
export function packRecord(recorded: Recorded): object {
  const { key, attempts, state } = recorded;
  if (state === 'failed') return { key, state, attempts, error: packError(recorded.error) };
  const { value } = recorded;
  return isJson(value, 0)
    ? { key, state, attempts, value }
    : { key, state, attempts, clone: cloneOf(key, value) };
}

type PackedRecord = { key: string; attempts: number } & (
  | { state: 'done'; value: unknown; clone?: undefined }
  | { state: 'done'; clone: string }
  | { state: 'failed'; error: TransportedError }
);

export function unpackRecord(packed: object): Recorded {
  const record = packed as PackedRecord;
  const { key, attempts, state } = record;
  if (state === 'failed') return { key, attempts, state, error: unpackError(record.error) };
  if (record.clone === undefined) return { key, attempts, state, value: record.value };
  return { key, attempts, state, value: deserialize(Buffer.from(record.clone, 'base64')) };
}

function cloneOf(key: string, value: unknown): string {
  try {
    return serialize(value).toString('base64');
  } catch (cause) {
    throw new MillraceError(
      'MILLRACE_NOT_CLONEABLE',
      `item "${key}": its value can't be kept in a journal: ${(cause as Error).message}`,
      { scope: 'run', cause },
    );
  }
}

const MAX_DEPTH = 100;

/** Whether JSON gives a value back as it is. */
function isJson(value: unknown, depth: number): boolean {
  if (value === null || typeof value === 'boolean' || typeof value === 'string') return true;
  if (typeof value === 'number') return Number.isFinite(value) && !Object.is(value, -0);
  if (typeof value !== 'object' || depth > MAX_DEPTH) return false;
  if (Array.isArray(value)) return value.every((element) => isJson(element, depth + 1)) && !isSparse(value);
  if (
    Object.getPrototypeOf(value) !== Object.prototype ||
    'toJSON' in value ||
    Object.hasOwn(value, '__proto__')
  )
    return false;
  return Reflect.ownKeys(value).every(
    (name) => typeof name === 'string' && isJson((value as Record<string, unknown>)[name], depth + 1),
  );
}

function isSparse(array: readonly unknown[]): boolean {
  return Object.keys(array).length !== array.length;
}
