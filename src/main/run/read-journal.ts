import { createReadStream } from 'node:fs';
import { hasCode, MillraceError } from '../../shared/errors.js';
import { unreadableFile } from '../../shared/unreadable-file.js';
import { checkSameOptions } from '../files/other-options.js';
import { type JournalHeader, type Recorded, recordOf } from './journal-line.js';

const NEWLINE = 10;

/** Where a record is in the file. */
export interface JournalPlace {
  readonly start: number;
  readonly bytes: number;
}

export interface FoundJournal {
  readonly places: Map<string, JournalPlace>;
  /** The byte behind the last whole line. */
  readonly end: number;
  readonly isNew: boolean;
}

/**
 * Reads what a journal has, up to what was not written to its end. No file, or one with no item in it, is a new one.
 *
 * @throws MillraceError `MILLRACE_INVALID_INPUT` for a journal with another header; `MILLRACE_UNREADABLE_INPUT`
 */
export async function readJournal(
  path: string,
  header: JournalHeader,
  replayFailures: boolean,
): Promise<FoundJournal> {
  const places = new Map<string, JournalPlace>();
  let found: object | undefined;
  let [end, isNew] = [0, true];
  for await (const { line, start, bytes } of linesOf(path)) {
    const record = recordOf(line);
    if (found === undefined) found = headerIn(path, record);
    else if (isNew) {
      checkSameOptions(path, found, header);
      isNew = false;
    }
    if (record !== undefined && !isNew) {
      const { key, state } = record as Recorded;
      if (state === 'done' || replayFailures) places.set(key, { start, bytes });
      else places.delete(key);
    }
    end = start + bytes + 1;
  }
  return { places, end, isNew };
}

function headerIn(path: string, record: object | undefined): object {
  if (record !== undefined && 'journal' in record) return record;
  throw new MillraceError(
    'MILLRACE_INVALID_INPUT',
    `${path}, line 1: expected the header of a journal: is it another file, or damaged?`,
  );
}

/** The whole lines of a file, without their ends; none if there is no file. */
async function* linesOf(path: string): AsyncIterable<{ line: string; start: number; bytes: number }> {
  let start = 0;
  let pieces: Buffer[] = [];
  try {
    for await (const chunk of createReadStream(path, { highWaterMark: 2 ** 20 }) as AsyncIterable<Buffer>) {
      let at = 0;
      for (let end = chunk.indexOf(NEWLINE); end !== -1; end = chunk.indexOf(NEWLINE, at)) {
        pieces.push(chunk.subarray(at, end));
        const line = pieces.length === 1 ? pieces[0]! : Buffer.concat(pieces);
        yield { line: line.toString(), start, bytes: line.length };
        start += line.length + 1;
        at = end + 1;
        pieces = [];
      }
      if (at < chunk.length) pieces.push(chunk.subarray(at));
    }
  } catch (error) {
    if (!hasCode(error, 'ENOENT')) throw unreadableFile(path, error);
  }
}
