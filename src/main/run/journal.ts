import { type FileHandle, open } from 'node:fs/promises';
import { z } from 'zod';
import { errorMessage, MillraceError } from '../../shared/errors.js';
import { named, writeFileAtomically } from '../files/atomic-write.js';
import { FileLock } from '../files/file-lock.js';
import {
  type JournalHeader,
  journalLine,
  packRecord,
  type Recorded,
  recordOf,
  unpackRecord,
} from './journal-line.js';
import { type JournalPlace, readJournal } from './read-journal.js';

/** Where a run keeps what it has done, so that the next run doesn't do it again. */
export interface JournalOptions {
  /** The file, which is made if there is none. One process at a time may use it. */
  path: string;
  /**
   * The version of the step. A journal of another version is refused: what an older prompt gave is no answer to a newer
   * one. Default: none.
   */
  version?: string | undefined;
  /** Whatever else decides the results, such as the model and its parameters, as plain data. Compared as `version` is. */
  settings?: unknown;
  /** Items that failed before are not tried again, but reported as failed. Default: false. */
  replayFailures?: boolean | undefined;
}

export const journalSchema = z.union(
  [
    z.string().min(1),
    z.strictObject({
      path: z.string().min(1),
      version: z.string().optional(),
      settings: z.unknown().optional(),
      replayFailures: z.boolean().optional(),
    }),
  ],
  'expected a path, or { path, version?, settings?, replayFailures? }',
);

interface Waiter {
  resolve(): void;
  reject(error: unknown): void;
}

/**
 * The file of a journal: a header, then a line for each item that has ended, in the order in which they did; see
 * {@link journalLine}. What was not written to its end is cut off when it is next opened, and damaged lines in between
 * are passed over, so that their items are done again.
 */
export class Journal implements AsyncDisposable {
  private pending: string[] = [];
  private waiters: Waiter[] = [];
  private flushing: Promise<void> | undefined;
  private failure: MillraceError | undefined;

  private constructor(
    private readonly path: string,
    private readonly file: FileHandle,
    private readonly lock: FileLock,
    private readonly places: Map<string, JournalPlace>,
  ) {}

  /**
   * Opens a journal, or begins one.
   *
   * @throws MillraceError `MILLRACE_INVALID_INPUT` if it is another version's or no journal; `MILLRACE_LOCKED`;
   * `MILLRACE_UNREADABLE_INPUT`; `MILLRACE_OUTPUT_FAILED`
   */
  static async open(options: JournalOptions): Promise<Journal> {
    const { path, version = null, settings = null, replayFailures = false } = options;
    const header: JournalHeader = { journal: 1, version, settings };
    const lock = FileLock.take(path);
    try {
      const { places, end, isNew } = await readJournal(path, header, replayFailures);
      if (isNew) await writeFileAtomically(path, [journalLine(header)]);
      const file = await named(path, open(path, 'a+'));
      if (!isNew) await named(path, file.truncate(end));
      return new Journal(path, file, lock, places);
    } catch (error) {
      lock[Symbol.dispose]();
      throw error;
    }
  }

  /** How an item ended in an earlier run. */
  async find(key: string): Promise<Recorded | undefined> {
    const place = this.places.get(key);
    if (place === undefined) return undefined;
    const { start, bytes } = place;
    const { buffer } = await this.file.read(Buffer.alloc(bytes), 0, bytes, start);
    const record = recordOf(buffer.toString());
    if (record !== undefined) return unpackRecord(record);
    throw new MillraceError('MILLRACE_UNREADABLE_INPUT', `${this.path}: changed while it was in use`);
  }

  /**
   * Notes how an item ended. It is on disk when this returns: while one group of records is forced to disk, the next
   * gathers.
   *
   * @throws MillraceError `MILLRACE_OUTPUT_FAILED`, `MILLRACE_NOT_CLONEABLE`, which end the run: further results would be
   * lost, too
   */
  async record(recorded: Recorded): Promise<void> {
    const line = journalLine(packRecord(recorded));
    await new Promise<void>((resolve, reject) => {
      this.pending.push(line);
      this.waiters.push({ resolve, reject });
      this.flushing ??= this.flush();
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    try {
      await this.flushing;
      await this.file.close();
    } finally {
      this.lock[Symbol.dispose]();
    }
  }

  private async flush(): Promise<void> {
    // All that ends in this turn of the event loop goes into the first group.
    await new Promise<void>((resolve) => setImmediate(resolve));
    while (this.pending.length > 0) {
      const [lines, waiters] = [this.pending, this.waiters];
      this.pending = [];
      this.waiters = [];
      try {
        if (this.failure !== undefined) throw this.failure;
        await this.file.appendFile(lines.join(''));
        await this.file.datasync();
        for (const { resolve } of waiters) resolve();
      } catch (error) {
        // What a half-written line would be continued by is damaged, too.
        this.failure ??= this.unwritable(error);
        for (const { reject } of waiters) reject(this.failure);
      }
    }
    this.flushing = undefined;
  }

  private unwritable(cause: unknown): MillraceError {
    const problem = `can't write ${this.path}: ${errorMessage(cause)}`;
    return new MillraceError('MILLRACE_OUTPUT_FAILED', problem, { scope: 'run', cause });
  }
}
