import { createHash } from 'node:crypto';
import { closeSync, fstatSync, openSync, readFileSync } from 'node:fs';
import {
  readTranscript,
  type TranscriptJob,
  type TranscriptResult,
} from './kernels/transcripts/transcript-job.js';
import { unreadableFile } from './unreadable-file.js';

/** A transcript that is larger isn't one. */
export const MAX_FILE_BYTES = 256 * 2 ** 20;

export interface TranscriptFile {
  /** Its name in all outputs, with `/`. */
  source: string;
  /** Its path, or its bytes. */
  content: string | Uint8Array<ArrayBuffer>;
  /** A file of this content is done already. */
  knownSha256?: string | undefined;
}

/** Files that one worker reads, one after the other. */
export interface TranscriptFilesJob extends Omit<TranscriptJob, 'source' | 'bytes'> {
  files: TranscriptFile[];
}

export interface TranscriptFileResult {
  bytes: number;
  /** Of the bytes, in hexadecimal digits. */
  sha256: string;
  /** Null for a file whose content is known. */
  transcript: TranscriptResult | null;
  /** From the bytes to the chunks. */
  elapsedMs: number;
}

/**
 * Reads a file where that is still to be done, and makes chunks of it. It's the worker that reads: promises of the
 * main thread for each file would cost that more time than all else that it does, and with two workers on two
 * processors it is the third that wants one.
 *
 * @throws MillraceError `MILLRACE_UNREADABLE_INPUT`
 */
export async function readTranscriptFile(
  { source, content, knownSha256 }: TranscriptFile,
  options: Omit<TranscriptJob, 'source' | 'bytes'>,
): Promise<TranscriptFileResult> {
  const bytes = typeof content === 'string' ? readWhole(content, source) : content;
  const startMs = performance.now();
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  const transcript = sha256 === knownSha256 ? null : await readTranscript({ ...options, source, bytes });
  return { bytes: bytes.length, sha256, transcript, elapsedMs: performance.now() - startMs };
}

function readWhole(path: string, source: string): Uint8Array {
  try {
    const file = openSync(path, 'r');
    try {
      if (fstatSync(file).size > MAX_FILE_BYTES) {
        throw new Error(`larger than ${MAX_FILE_BYTES / 2 ** 20} MiB, expected a transcript`);
      }
      return readFileSync(file);
    } finally {
      closeSync(file);
    }
  } catch (error) {
    throw unreadableFile(source, error);
  }
}
