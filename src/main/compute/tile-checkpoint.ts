import { rm, stat } from 'node:fs/promises';
import { FileLock } from '../files/file-lock.js';
import {
  createLog,
  type LogRecord,
  RecordLogWriter,
  readLogHeader,
  readRecords,
} from '../files/record-log.js';
import type { TileRange } from './shard-plan.js';
import { checkSame, type SimilarityIdentity, tilesOf } from './similarity-identity.js';

/** Which tiles of a range are done. */
export class DoneTiles {
  count = 0;
  private readonly marks: Uint8Array;

  constructor(private readonly range: TileRange) {
    this.marks = new Uint8Array(range.end - range.first);
  }

  get total(): number {
    return this.marks.length;
  }

  /** Whether it is a tile of the range that is still to do. */
  lacks(tile: number): boolean {
    return this.marks[tile - this.range.first] === 0;
  }

  add(tile: number): void {
    this.marks[tile - this.range.first] = 1;
    this.count++;
  }

  clear(): void {
    this.marks.fill(0);
    this.count = 0;
  }
}

/**
 * Takes in the records of a log one by one, as far as they are whole, belong to its tiles, and come once.
 *
 * @param take - false if a payload is not what it should be
 * @returns which tiles there were, and the byte behind the last good record
 */
export async function replayLog(
  path: string,
  start: number,
  identity: SimilarityIdentity,
  take: (record: LogRecord) => boolean,
  signal: AbortSignal | undefined,
): Promise<{ done: DoneTiles; end: number }> {
  const done = new DoneTiles(tilesOf(identity));
  let end = start;
  for await (const record of readRecords(path, start, signal)) {
    if (!done.lacks(record.tile) || !take(record)) break;
    done.add(record.tile);
    end = record.end;
  }
  return { done, end };
}

export interface CheckpointUse {
  readonly path: string;
  /** What the log has to belong to; `found` is what an earlier run began it for. */
  identify(found: SimilarityIdentity | undefined): SimilarityIdentity;
  /** Takes in what an earlier run found. */
  replay(record: LogRecord): boolean;
  readonly signal: AbortSignal | undefined;
  readonly explain: ((line: string) => void) | undefined;
}

/** The log of a run that may be ended at any time: what earlier runs found is taken in, and what this one finds is added. */
export class TileCheckpoint implements AsyncDisposable {
  private constructor(
    private readonly path: string,
    readonly identity: SimilarityIdentity,
    readonly done: DoneTiles,
    private readonly recordsAt: number,
    private readonly writer: RecordLogWriter,
    private readonly lock: FileLock,
  ) {}

  /**
   * Goes on with the log, or begins one. Behind the last good record it is cut off.
   *
   * @throws MillraceError `MILLRACE_LOCKED` if another process writes it; `MILLRACE_INVALID_INPUT` if it belongs to
   * another computation or is no log
   */
  static async open({ path, identify, replay, signal, explain }: CheckpointUse): Promise<TileCheckpoint> {
    const lock = FileLock.take(path);
    try {
      const found = await readLogHeader<SimilarityIdentity>(path);
      const identity = identify(found?.header);
      if (found) checkSame(path, found.header, identity);
      const recordsAt = found?.end ?? (await createLog(path, identity));
      const { done, end } = await replayLog(path, recordsAt, identity, replay, signal);
      const { size } = await stat(path);
      if (found) explain?.(`${path}: ${done.count} of ${done.total} tiles are done`);
      if (size > end) explain?.(`${path}: the last ${size - end} bytes are torn or damaged, and dropped`);
      const writer = await RecordLogWriter.open(path, end);
      return new TileCheckpoint(path, identity, done, recordsAt, writer, lock);
    } catch (error) {
      lock[Symbol.dispose]();
      throw error;
    }
  }

  /** The part of the tiles that is left, as a run wants to know it. */
  get subset() {
    const { done } = this;
    return {
      tiles: done.total,
      left: (tiles: readonly number[]) => tiles.filter((tile) => done.lacks(tile)),
    };
  }

  /** Adds what a tile gave. */
  append(tile: number, payload: Uint8Array): void {
    this.writer.append(tile, payload);
    this.done.add(tile);
  }

  /** Forgets all tiles. */
  async restart(): Promise<void> {
    await this.writer.cut(this.recordsAt);
    this.done.clear();
  }

  /** Everything so far is on disk when it returns. */
  sync(): Promise<void> {
    return this.writer.sync();
  }

  /** Removes the log, which is of no more use. */
  async remove(): Promise<void> {
    await this.writer[Symbol.asyncDispose]();
    await rm(this.path, { force: true });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    try {
      await this.writer[Symbol.asyncDispose]();
    } finally {
      this.lock[Symbol.dispose]();
    }
  }
}
