import { posix } from 'node:path';
import { Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { extract } from 'tar-stream';
import { asMillraceError, errorMessage, MillraceError } from '../../shared/errors.js';
import { MAX_FILE_BYTES } from '../../shared/transcript-file.js';
import { isTranscriptName } from './list-folder.js';
import { readAtMost } from './read-at-most.js';
import { entrySource, isHidden, type TranscriptSource } from './transcript-source.js';

/**
 * The transcripts in a tar archive, compressed by gzip or not, in its order, one at a time in memory. An entry that is
 * too large fails alone; from where the archive is damaged or cut off, the rest fails as a whole.
 */
export async function* tarEntries(
  bytes: AsyncIterable<Uint8Array>,
  name: string,
  { gzip, onPassedOver }: { gzip: boolean; onPassedOver: (source: string) => void },
): AsyncGenerator<TranscriptSource> {
  const archive = extract();
  const input = Readable.from(bytes);
  const fail = (error: Error) => archive.destroy(error);
  input.on('error', fail);
  if (gzip) input.pipe(createGunzip()).on('error', fail).pipe(archive);
  else input.pipe(archive);
  try {
    for await (const entry of archive) {
      const path = entry.header.name.replace(/^(?:\.\/)+/, '');
      const source = entrySource(name, path);
      if (entry.header.type !== 'file' || isHidden(path) || !isTranscriptName(posix.basename(path))) {
        if (entry.header.type === 'file' && !isHidden(path)) onPassedOver(source);
        entry.resume();
        continue;
      }
      // The next entry comes only when this one was read.
      const content = await readAtMost(entry, MAX_FILE_BYTES, source).catch((error: unknown) => {
        entry.resume();
        return asMillraceError(error, 'MILLRACE_UNREADABLE_INPUT');
      });
      yield { source, content };
    }
  } catch (cause) {
    throw new MillraceError('MILLRACE_UNREADABLE_INPUT', `${name}: ${errorMessage(cause)}`, { cause });
  } finally {
    input.destroy();
  }
}
