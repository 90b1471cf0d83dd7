import { createReadStream, writeSync } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { crc32 } from 'node:zlib';
import { errorMessage, hasCode, MillraceError } from '../../shared/errors.js';
import { BLOCK } from '../../shared/kernels/similarity/tile-plan.js';
import { named, writeFileAtomically } from './atomic-write.js';

/**
 * A file to which is appended what is done, one record each, in the order in which it was done: what tiles gave, each
 * under its number, or what files became, all under number 0. Numbers are little-endian, checksums are CRC-32.
 *
 * ```
 *   "millrace log 1\n"   length of the header (4 bytes)   header (JSON)   checksum of all before (4 bytes)
 *   a record:            length of the payload (4 bytes)  number (4 bytes)  payload   checksum of all three (4 bytes)
 * ```
 *
 * The header is there as a whole or not at all, since the file begins its life under a temporary name. Behind it the
 * file may end anywhere, or be damaged: what counts is the records up to the first that is not whole.
 */
const MAGIC = 'millrace log 1\n';
const FORMAT = /^millrace log (\d+)\n/;
const MAX_HEADER_BYTES = 65_536;
/** A tile of scores is the largest thing that tiles give; pairs take up to six bytes each. */
const MAX_TILE_BYTES = BLOCK * BLOCK * 6;
const HEAD_BYTES = 8;
const CHECK_BYTES = 4;

export interface LogHeader<H> {
  readonly header: H;
  /** Where the records begin. */
  readonly end: number;
}

export interface LogRecord {
  readonly tile: number;
  /** A view of a buffer that nobody else uses. */
  readonly payload: Buffer;
  /** Where the payload begins, and the byte behind the record. */
  readonly start: number;
  readonly end: number;
}

/** Begins a log. @returns where its records begin. */
export async function createLog(path: string, header: object): Promise<number> {
  const text = Buffer.from(JSON.stringify(header));
  const head = Buffer.concat([Buffer.from(MAGIC), uint32(text.length), text]);
  await writeFileAtomically(path, [head, uint32(crc32(head))]);
  return head.length + CHECK_BYTES;
}

/**
 * Reads the header of a log.
 *
 * @returns undefined if there is no such file, or an empty one
 * @throws MillraceError `MILLRACE_INVALID_INPUT` if it is no log or its header is damaged, `MILLRACE_UNREADABLE_INPUT`
 */
export async function readLogHeader<H>(path: string): Promise<LogHeader<H> | undefined> {
  const bytes = await firstBytes(path);
  if (bytes === undefined || bytes.length === 0) return undefined;
  const format = FORMAT.exec(bytes.subarray(0, 32).toString('latin1'));
  if (format === null) throw refusal(path, 'no log: it does not begin with "millrace log"');
  if (format[0] !== MAGIC) throw refusal(path, `a log of format ${format[1]}, expected 1`);
  const start = MAGIC.length + 4;
  const length = bytes.length < start ? bytes.length : bytes.readUInt32LE(MAGIC.length);
  const end = start + length;
  if (bytes.length < end + CHECK_BYTES || crc32(bytes.subarray(0, end)) !== bytes.readUInt32LE(end)) {
    throw refusal(path, 'the header of the log is damaged');
  }
  const header = JSON.parse(bytes.subarray(start, end).toString()) as H;
  return { header, end: end + CHECK_BYTES };
}

async function firstBytes(path: string): Promise<Buffer | undefined> {
  try {
    await using file = await open(path, 'r');
    const { buffer, bytesRead } = await file.read(Buffer.alloc(MAX_HEADER_BYTES), 0, MAX_HEADER_BYTES, 0);
    return buffer.subarray(0, bytesRead);
  } catch (cause) {
    if (hasCode(cause, 'ENOENT')) return undefined;
    throw unreadable(path, cause);
  }
}

/** The whole records from a byte on, up to the first that is torn or damaged. */
export async function* readRecords(
  path: string,
  from: number,
  signal: AbortSignal | undefined,
  maxPayloadBytes: number = MAX_TILE_BYTES,
): AsyncIterable<LogRecord> {
  let start = from;
  let bytes: Buffer = Buffer.alloc(0);
  try {
    for await (const chunk of createReadStream(path, { start, highWaterMark: 2 ** 20 })) {
      signal?.throwIfAborted();
      bytes = bytes.length === 0 ? (chunk as Buffer) : Buffer.concat([bytes, chunk as Buffer]);
      let at = 0;
      for (;;) {
        const record = recordAt(bytes, at, start, maxPayloadBytes);
        if (record === 'damaged') return;
        if (record === 'unfinished') break;
        yield record;
        at = record.end - start;
      }
      bytes = bytes.subarray(at);
      start += at;
    }
  } catch (cause) {
    signal?.throwIfAborted();
    throw unreadable(path, cause);
  }
}

/** The record at `at` of the bytes, which stand at `start` in the file. */
function recordAt(
  bytes: Buffer,
  at: number,
  start: number,
  maxPayloadBytes: number,
): LogRecord | 'unfinished' | 'damaged' {
  if (bytes.length < at + HEAD_BYTES) return 'unfinished';
  const length = bytes.readUInt32LE(at);
  if (length > maxPayloadBytes) return 'damaged';
  const payloadAt = at + HEAD_BYTES;
  const end = payloadAt + length;
  if (bytes.length < end + CHECK_BYTES) return 'unfinished';
  if (crc32(bytes.subarray(at, end)) !== bytes.readUInt32LE(end)) return 'damaged';
  return {
    tile: bytes.readUInt32LE(at + 4),
    payload: bytes.subarray(payloadAt, end),
    start: start + payloadAt,
    end: start + end + CHECK_BYTES,
  };
}

/** Records are handed to the system once there are so many bytes or after so long, and forced to disk after so long. */
const WRITE_BYTES = 65_536;
const WRITE_INTERVAL_MS = 100;
const SYNC_INTERVAL_MS = 1000;

/**
 * Appends records. What was handed to the system outlives this process however it ends: that is all but the last tenth
 * of a second. What was forced to disk outlives the machine: all but about the last second.
 */
export class RecordLogWriter implements AsyncDisposable {
  private pending: Uint8Array[] = [];
  private pendingBytes = 0;
  private writtenMs = performance.now();
  private syncedMs = performance.now();
  private failure: unknown;

  private constructor(
    private readonly path: string,
    private readonly file: FileHandle,
  ) {}

  /** Cuts the log off at a byte, and goes on from there. */
  static async open(path: string, end: number): Promise<RecordLogWriter> {
    const file = await named(path, open(path, 'a'));
    await named(path, file.truncate(end));
    return new RecordLogWriter(path, file);
  }

  /** @throws MillraceError `MILLRACE_OUTPUT_FAILED` also for an earlier record */
  append(tile: number, payload: Uint8Array): void {
    if (this.failure !== undefined) throw this.failure;
    const head = Buffer.concat([uint32(payload.length), uint32(tile)]);
    this.pending.push(head, payload, uint32(crc32(payload, crc32(head))));
    this.pendingBytes += HEAD_BYTES + payload.length + CHECK_BYTES;
    const now = performance.now();
    if (this.pendingBytes >= WRITE_BYTES || now - this.writtenMs >= WRITE_INTERVAL_MS) this.write(now);
    if (now - this.syncedMs < SYNC_INTERVAL_MS) return;
    this.syncedMs = now;
    this.sync().catch((error) => {
      this.failure ??= error;
    });
  }

  /** Everything so far is on disk when it returns. */
  async sync(): Promise<void> {
    this.write(performance.now());
    await named(this.path, this.file.datasync());
  }

  /** Drops all records behind a byte. */
  async cut(end: number): Promise<void> {
    this.write(performance.now());
    await named(this.path, this.file.truncate(end));
  }

  /** What can't be written any more is lost without an error: {@link RecordLogWriter.sync} tells. */
  async [Symbol.asyncDispose](): Promise<void> {
    try {
      this.write(performance.now());
    } catch {
      // Its tiles are done again when the log is next used.
    } finally {
      await this.file.close();
    }
  }

  private write(now: number): void {
    const bytes = Buffer.concat(this.pending);
    this.pending = [];
    this.pendingBytes = 0;
    this.writtenMs = now;
    try {
      for (let done = 0; done < bytes.length; ) done += writeSync(this.file.fd, bytes, done);
    } catch (cause) {
      const message = `can't write ${this.path}: ${errorMessage(cause)}`;
      this.failure ??= new MillraceError('MILLRACE_OUTPUT_FAILED', message, { cause });
      throw this.failure;
    }
  }
}

function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
}

function refusal(path: string, reason: string): MillraceError {
  return new MillraceError('MILLRACE_INVALID_INPUT', `${path}: ${reason}`);
}

function unreadable(path: string, cause: unknown): MillraceError {
  return new MillraceError('MILLRACE_UNREADABLE_INPUT', `${path}: ${errorMessage(cause)}`, { cause });
}
