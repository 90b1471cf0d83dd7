import { unpackError } from '../../shared/error-transport.js';
import { asMillraceError, MillraceError } from '../../shared/errors.js';
import type {
  TranscriptFile,
  TranscriptFileResult,
  TranscriptFilesJob,
} from '../../shared/transcript-file.js';
import type { TaskReply } from '../../shared/worker-task.js';
import type { PoolUse } from '../compute/compute-pool.js';
import type { TranscriptSource } from './transcript-source.js';

/** What became of a file: what was read of it, or why nothing was. */
export interface ReadFile {
  source: string;
  result: TranscriptFileResult | MillraceError;
}

export interface GroupReader {
  use: PoolUse;
  options: Omit<TranscriptFilesJob, 'files'>;
  knownSha256: ((source: string) => string | undefined) | undefined;
}

/**
 * Has a group of files read by one thread. If that thread dies, each file gets one for itself, so that only the file
 * that it died of fails.
 *
 * @throws `signal.reason` after an abort
 */
export async function readGroup(
  group: readonly TranscriptSource[],
  reader: GroupReader,
  signal: AbortSignal,
): Promise<ReadFile[]> {
  const files = group.flatMap(({ source, content }): TranscriptFile[] =>
    content instanceof MillraceError ? [] : [{ source, content, knownSha256: reader.knownSha256?.(source) }],
  );
  const results = await readFiles(files, reader, signal);
  return group.map(({ source, content }) => ({
    source,
    result: content instanceof MillraceError ? content : results.next().value!,
  }));
}

async function readFiles(
  files: TranscriptFile[],
  { use, options }: GroupReader,
  signal: AbortSignal,
): Promise<IterableIterator<TranscriptFileResult | MillraceError>> {
  const read = async (some: TranscriptFile[], transfer: ArrayBuffer[]) =>
    (await use.run('transcripts', { ...options, files: some }, { signal, transfer })).map(resultOf);
  const alone = async (file: TranscriptFile) => {
    try {
      const [result] = await read([file], typeof file.content === 'string' ? [] : [file.content.buffer]);
      return result!;
    } catch (error) {
      signal.throwIfAborted();
      return asMillraceError(error, 'MILLRACE_UNREADABLE_INPUT');
    }
  };
  if (files.length > 1) {
    try {
      return (await read(files, [])).values();
    } catch {
      signal.throwIfAborted();
    }
  }
  return (await Promise.all(files.map(alone))).values();
}

function resultOf(reply: TaskReply<TranscriptFileResult>): TranscriptFileResult | MillraceError {
  return reply.ok ? reply.value : asMillraceError(unpackError(reply.error), 'MILLRACE_UNREADABLE_INPUT');
}
