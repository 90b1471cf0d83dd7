import type { Readable } from 'node:stream';
import { type Entry, fromBuffer, open, type ZipFile } from 'yauzl';
import { errorMessage, MillraceError } from '../../shared/errors.js';
import { MAX_FILE_BYTES } from '../../shared/transcript-file.js';
import { isTranscriptName } from './list-folder.js';
import { readAtMost } from './read-at-most.js';
import { entrySource, isHidden, type TranscriptSource } from './transcript-source.js';

const OPTIONS = { lazyEntries: true, autoClose: false, validateEntrySizes: true } as const;

/**
 * The transcripts in a zip archive, in the order of its directory. An entry that is encrypted, too large or damaged fails
 * alone; where the directory is damaged, what follows fails as a whole.
 *
 * @param archive - a path, or the archive itself
 */
export async function* zipEntries(
  archive: string | Buffer,
  name: string,
  onPassedOver: (source: string) => void,
): AsyncGenerator<TranscriptSource> {
  const zip = await openZip(archive, name);
  try {
    for await (const entry of entriesOf(zip, name)) {
      const base = entry.fileName.slice(entry.fileName.lastIndexOf('/') + 1);
      if (base === '' || isHidden(entry.fileName)) continue;
      const source = entrySource(name, entry.fileName);
      if (!isTranscriptName(base)) {
        onPassedOver(source);
        continue;
      }
      yield {
        source,
        content: await readEntry(zip, entry, source).catch((error) => unreadable(source, error)),
      };
    }
  } finally {
    zip.close();
  }
}

function openZip(archive: string | Buffer, name: string): Promise<ZipFile> {
  return new Promise((resolve, reject) => {
    const done = (error: Error | null, zip?: ZipFile) =>
      error === null ? resolve(zip!) : reject(unreadable(name, error));
    if (typeof archive === 'string') open(archive, OPTIONS, done);
    else fromBuffer(archive, OPTIONS, done);
  });
}

async function* entriesOf(zip: ZipFile, name: string): AsyncGenerator<Entry> {
  for (;;) {
    const entry = await new Promise<Entry | undefined>((resolve, reject) => {
      zip.removeAllListeners();
      zip.once('entry', resolve);
      zip.once('end', () => resolve(undefined));
      zip.once('error', (error) => reject(unreadable(name, error)));
      zip.readEntry();
    });
    if (entry === undefined) return;
    yield entry;
  }
}

async function readEntry(zip: ZipFile, entry: Entry, source: string): Promise<Uint8Array<ArrayBuffer>> {
  if (entry.isEncrypted())
    throw unreadable(source, new Error('encrypted, expected an archive without a password'));
  const stream = await new Promise<Readable>((resolve, reject) => {
    zip.openReadStream(entry, (error, opened) =>
      error === null ? resolve(opened) : reject(unreadable(source, error)),
    );
  });
  try {
    return await readAtMost(stream, MAX_FILE_BYTES, source);
  } catch (error) {
    throw unreadable(source, error);
  }
}

function unreadable(source: string, cause: unknown): MillraceError {
  if (cause instanceof MillraceError) return cause;
  return new MillraceError('MILLRACE_UNREADABLE_INPUT', `${source}: ${errorMessage(cause)}`, { cause });
}
