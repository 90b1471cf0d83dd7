import { type FileHandle, open } from 'node:fs/promises';
import { MillraceError } from '../../shared/errors.js';
import { createLog, RecordLogWriter, readLogHeader, readRecords } from '../compute/record-log.js';
import { named } from '../graph/atomic-write.js';
import type { IngestedFile } from './ingest-transcripts.js';

/** What the log keeps of a file beside its chunks. */
export interface LoggedFile {
  readonly file: IngestedFile;
  readonly signature: Uint8Array | null;
  readonly elapsedMs: number;
}

/** Where the lines of a file's chunks are in the log. */
interface Place {
  readonly start: number;
  readonly bytes: number;
  /** Of files that an earlier run has done. */
  readonly logged?: LoggedFile;
}

/** A record is the length of its JSON (4 bytes), the JSON, and the lines of chunks. */
const LENGTH_BYTES = 4;
const MAX_RECORD_BYTES = 2 ** 31;

/**
 * What an unfinished run has done: the chunks of each file, by the content of the file and its name, in the order in which
 * files were done. The next run finds in it what is done, whatever is in between, and in whichever order.
 */
export class IngestLog implements AsyncDisposable {
  private constructor(
    readonly path: string,
    private readonly writer: RecordLogWriter,
    private readonly reader: FileHandle,
    private readonly places: Map<string, Place>,
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
    const places = new Map<string, Place>();
    const found = resume ? await readLogHeader<object>(path) : undefined;
    if (found !== undefined && JSON.stringify(found.header) !== JSON.stringify(settings)) {
      const problem = `${JSON.stringify(found.header)}, expected ${JSON.stringify(settings)}`;
      throw new MillraceError(
        'MILLRACE_INVALID_INPUT',
        `${path}: an unfinished run with other options: ${problem}`,
      );
    }
    let end = found?.end ?? (await createLog(path, settings));
    if (found !== undefined) {
      for await (const record of readRecords(path, end, signal, MAX_RECORD_BYTES)) {
        const place = placeOf(record.payload, record.start);
        const { source, sha256 } = place.logged.file;
        places.set(keyOf(source, sha256), place);
        end = record.end;
      }
    }
    const writer = await RecordLogWriter.open(path, end);
    return new IngestLog(path, writer, await named(path, open(path, 'r')), places, end);
  }

  has(source: string, sha256: string): boolean {
    return this.places.has(keyOf(source, sha256));
  }

  /** What an earlier run has done. */
  get(source: string, sha256: string): LoggedFile | undefined {
    return this.places.get(keyOf(source, sha256))?.logged;
  }

  get size(): number {
    return this.places.size;
  }

  append({ file, signature, elapsedMs }: LoggedFile, jsonl: Uint8Array): void {
    const packed = signature && Buffer.from(signature).toString('base64');
    const json = Buffer.from(JSON.stringify({ file, signature: packed, elapsedMs }));
    const length = Buffer.alloc(LENGTH_BYTES);
    length.writeUInt32LE(json.length);
    this.writer.append(0, Buffer.concat([length, json, jsonl]));
    const start = this.end + RECORD_HEAD_BYTES + LENGTH_BYTES + json.length;
    this.places.set(keyOf(file.source, file.sha256), { start, bytes: jsonl.length });
    this.end = start + jsonl.length + CHECK_BYTES;
  }

  /** Everything so far is on disk when it returns. */
  sync(): Promise<void> {
    return this.writer.sync();
  }

  /** The lines of a file's chunks. */
  async lines(source: string, sha256: string): Promise<Buffer> {
    const { start, bytes } = this.places.get(keyOf(source, sha256))!;
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

function placeOf(payload: Buffer, start: number): Place & { logged: LoggedFile } {
  const length = payload.readUInt32LE(0);
  const { signature, ...facts } = JSON.parse(
    payload.subarray(LENGTH_BYTES, LENGTH_BYTES + length).toString(),
  ) as Omit<LoggedFile, 'signature'> & { signature: string | null };
  const offset = LENGTH_BYTES + length;
  const logged = { ...facts, signature: signature === null ? null : Buffer.from(signature, 'base64') };
  return { start: start + offset, bytes: payload.length - offset, logged };
}

function keyOf(source: string, sha256: string): string {
  return `${sha256} ${source}`;
}
