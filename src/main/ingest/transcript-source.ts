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

/** Whether a file of an archive is hidden, or in a hidden folder. */
export function isHidden(name: string): boolean {
  const segments = name.split('/');
  return segments.some((segment) => segment.startsWith('.') || segment === '__MACOSX');
}
