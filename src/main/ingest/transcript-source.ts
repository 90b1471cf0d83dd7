import type { MillraceError } from '../../shared/errors.js';

/** A transcript, wherever it is. */
export interface TranscriptSource {
  /** Its name in all outputs, with `/`. */
  readonly source: string;
  /** The path of a file; bytes, in memory of their own; or why there is nothing to be read. */
  readonly content: string | Uint8Array<ArrayBuffer> | MillraceError;
}

/** The name of a file in an archive: `talks.zip!/2024/opening.srt`. */
export function entrySource(archive: string, name: string): string {
  return `${archive}!/${name}`;
}

/** Why a name in an archive is not read; undefined if it is one of a transcript. */
export function isEntryToRead(name: string): boolean {
  const segments = name.split('/');
  return !segments.some((segment) => segment.startsWith('.') || segment === '__MACOSX');
}
