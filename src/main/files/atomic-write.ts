import { randomBytes } from 'node:crypto';
import { access, constants, open, realpath, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, join, sep } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { errorMessage, hasCode, MillraceError } from '../../shared/errors.js';

/** What is written: pieces of text (whole characters, written as UTF-8) or of bytes, which no longer change. */
export type FileContent = Iterable<string | Uint8Array> | AsyncIterable<string | Uint8Array>;

/** Pieces are gathered until they reach this size, and then written at once. */
const BLOCK_BYTES = 256 * 1024;
/** On Windows a scanner or an indexer may hold a file for a moment. */
const BUSY_CODES = ['EPERM', 'EACCES', 'EBUSY'];
const RENAME_RETRY_DELAYS_MS = [10, 50, 100, 250, 500];

/**
 * Writes a file so that its name only ever stands for complete content: it is written under a temporary name in
 * the same folder, forced to disk, and renamed, replacing what was there. If anything fails, the temporary file is
 * removed and what was there before stays. Memory is bounded: the content is never held as a whole.
 *
 * @throws MillraceError `MILLRACE_OUTPUT_FAILED` with the path, if the file system refuses; `signal.reason` if it
 * was aborted, which is looked at between two pieces; whatever `content` throws, untouched.
 *
 * @example
 * await writeFileAtomically('out/edges.csv', edgesCsv(edges));
 */
export async function writeFileAtomically(
  path: string,
  content: FileContent,
  { signal }: { signal?: AbortSignal } = {},
): Promise<void> {
  signal?.throwIfAborted();
  await replaceFile(path, async (temporary) => {
    const file = await named(path, open(temporary, 'wx'));
    try {
      for await (const block of blocks(content, signal)) await named(path, file.writeFile(block));
      await named(path, file.sync());
    } finally {
      await named(path, file.close());
    }
  });
}

/**
 * Lets `write` make a file under a temporary name in the folder of `path`, then renames it, replacing what was there.
 * If anything fails, the temporary file is removed and what was there before stays.
 *
 * @throws MillraceError `MILLRACE_OUTPUT_FAILED` if it can't be renamed, or a folder or device has the name; whatever
 * `write` throws, untouched.
 */
export async function replaceFile(name: string, write: (temporary: string) => Promise<void>): Promise<void> {
  const path = await replaceable(name);
  const temporary = join(dirname(path), `.${basename(path)}.${randomBytes(6).toString('hex')}.tmp`);
  try {
    await write(temporary);
    await named(path, renameWhenFree(temporary, path));
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
}

/**
 * What a name leads to: a link stays, and the file behind it is replaced. Ask it before work whose output would be lost.
 *
 * @throws MillraceError `MILLRACE_OUTPUT_FAILED` for what is no file, such as a folder or a device, and where the folder
 * is not there or takes no files
 */
export async function replaceable(path: string): Promise<string> {
  const found = await stat(path).catch(() => undefined);
  if (found === undefined || found.isFile()) {
    const target = found === undefined ? path : await realpath(path);
    // With the dot, a file in the place of the folder is refused, too.
    await named(path, access(`${dirname(target)}${sep}.`, constants.W_OK));
    return target;
  }
  const what = found.isDirectory() ? 'a folder' : 'a device or pipe';
  throw new MillraceError('MILLRACE_OUTPUT_FAILED', `can't write ${path}: it is ${what}, expected a file`);
}

async function* blocks(content: FileContent, signal: AbortSignal | undefined): AsyncIterable<Uint8Array> {
  let gathered: Uint8Array[] = [];
  let bytes = 0;
  for await (const piece of content) {
    signal?.throwIfAborted();
    const encoded = typeof piece === 'string' ? Buffer.from(piece, 'utf8') : piece;
    gathered.push(encoded);
    bytes += encoded.length;
    if (bytes < BLOCK_BYTES) continue;
    yield Buffer.concat(gathered);
    gathered = [];
    bytes = 0;
  }
  signal?.throwIfAborted();
  yield Buffer.concat(gathered);
}

/** Renames, replacing what is there; where the file is held for a moment, it waits. */
export async function renameWhenFree(from: string, to: string): Promise<void> {
  for (const delayMs of RENAME_RETRY_DELAYS_MS) {
    try {
      return await rename(from, to);
    } catch (error) {
      if (!BUSY_CODES.some((code) => hasCode(error, code))) throw error;
      await delay(delayMs);
    }
  }
  return rename(from, to);
}

/** Names the output in the errors of the file system. */
export async function named<T>(path: string, operation: Promise<T>): Promise<T> {
  try {
    return await operation;
  } catch (cause) {
    throw new MillraceError('MILLRACE_OUTPUT_FAILED', `can't write ${path}: ${errorMessage(cause)}`, {
      cause,
    });
  }
}
