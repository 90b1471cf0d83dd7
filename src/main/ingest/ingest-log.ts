import { type FileHandle, open } from 'node:fs/promises';
import { MillraceError } from '../../shared/errors.js';
import { named } from '../files/atomic-write.js';
import { checkSameOptions } from '../files/other-options.js';
import { createLog, RecordLogWriter, readLogHeader, readRecords } from '../files/record-log.js';
import type { IngestedFile } from './ingest-transcripts.js';

/** What the log keeps of a file beside its chunks. */
export interface LoggedFile {
  readonly file: IngestedFile;
  readonly signature: Uint8Array | null;
  readonly elapsedMs: number;
}

/** Where a file's record is in the log. Archives have many files: only this is kept of each. */
export interface LogPlace {
  readonly start: number;
  readonly jsonBytes: number;
  readonly linesBytes: number;
}

/** A file that an earlier run has done. */
export interface KnownFile {
  readonly sha256: string;
  readonly place: LogPlace;
}

/** A record is the length of its JSON (4 bytes), the JSON, and the lines of chunks. */
const LENGTH_BYTES = 4;
const MAX_RECORD_BYTES = 2 ** 31;
const BEGIN_ANEW = '--no-resume (the option "resume": false) begins anew';

/**
 * What an unfinished run has done: the chunks of each file, by its name and content, in the order in which files were done. The next run finds in it what is done, whatever is in between, and in whichever order.
 */
export class IngestLog implements AsyncDisposable {
  private constructor(
    readonly path: string,
    private readonly writer: RecordLogWriter,
    private readonly reader: FileHandle,
    private readonly known: ReadonlyMap<string, KnownFile>,
    private end: number,
  ) {}

  /**
   * Opens a log, or begins one.
   *
   * @param settings - what decides the chunks of a file: a log of others is refused
   * @param resume - whether what is there counts; else it is begun anew
   * @throws MillraceError `MILLRACE_INVALID_INPUT` for a log of other settings; `MILLRACE_OUTPUT_FAILED`
   */
  static async open(
    path: string,
    settings: object,
    resume: boolean,
    signal: AbortSignal | undefined,
  ): Promise<IngestLog> {
    const known = new Map<string, KnownFile>();
    const found = resume ? await readLogHeader<object>(path) : undefined;
    let end = 0;
    if (found !== undefined) {
      for await (const record of readRecords(path, found.end, signal, MAX_RECORD_BYTES)) {
        if (known.size === 0) checkSameOptions(path, found.header, settings, BEGIN_ANEW);
        const { source, sha256 } = loggedIn(record.payload).file;
        known.set(source, { sha256, place: placeOf(record.payload, record.start) });
        end = record.end;
      }
    }
    // A log of nothing may be of other settings.
    if (known.size === 0) end = await createLog(path, settings);
    const writer = await RecordLogWriter.open(path, end);
    return new IngestLog(path, writer, await named(path, open(path, 'r')), known, end);
  }

  /** What the last of the earlier runs that did a file has done of it. */
  find(source: string): KnownFile | undefined {
    return this.known.get(source);
  }

  append({ file, signature, elapsedMs }: LoggedFile, lines: string): LogPlace {
    const packed = signature && Buffer.from(signature).toString('base64');
    const json = JSON.stringify({ file, signature: packed, elapsedMs });
    const place = {
      start: this.end + RECORD_HEAD_BYTES,
      jsonBytes: Buffer.byteLength(json),
      linesBytes: Buffer.byteLength(lines),
    };
    const payload = Buffer.allocUnsafe(LENGTH_BYTES + place.jsonBytes + place.linesBytes);
    payload.writeUInt32LE(place.jsonBytes);
    payload.write(json, LENGTH_BYTES);
    payload.write(lines, LENGTH_BYTES + place.jsonBytes);
    this.writer.append(0, payload);
    this.end = place.start + payload.length + CHECK_BYTES;
    return place;
  }

  /** Everything so far is on disk when it returns. */
  sync(): Promise<void> {
    return this.writer.sync();
  }

  /** What was logged of a file, chunks excepted. What was appended has to be synced before. */
  async logged({ start, jsonBytes }: LogPlace): Promise<LoggedFile> {
    return loggedIn(await this.read(start, LENGTH_BYTES + jsonBytes));
  }

  /** The lines of a file's chunks. What was appended has to be synced before. */
  lines({ start, jsonBytes, linesBytes }: LogPlace): Promise<Buffer> {
    return this.read(start + LENGTH_BYTES + jsonBytes, linesBytes);
  }

  private async read(start: number, bytes: number): Promise<Buffer> {
    const { buffer, bytesRead } = await this.reader.read(Buffer.alloc(bytes), 0, bytes, start);
    if (bytesRead === bytes) return buffer;
    throw new MillraceError('MILLRACE_OUTPUT_FAILED', `${this.path}: cut off while it was in use`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.writer[Symbol.asyncDispose]();
    await this.reader.close();
  }
}

/** Around the payload of a record of the log. */
const RECORD_HEAD_BYTES = 8;
const CHECK_BYTES = 4;

function placeOf(payload: Buffer, start: number): LogPlace {
  const jsonBytes = payload.readUInt32LE(0);
  return { start, jsonBytes, linesBytes: payload.length - LENGTH_BYTES - jsonBytes };
}

function loggedIn(payload: Buffer): LoggedFile {
  const json = payload.subarray(LENGTH_BYTES, LENGTH_BYTES + payload.readUInt32LE(0)).toString();
  const { signature, ...facts } = JSON.parse(json) as Omit<LoggedFile, 'signature'> & {
    signature: string | null;
  };
  return { ...facts, signature: signature === null ? null : Buffer.from(signature, 'base64') };
}
