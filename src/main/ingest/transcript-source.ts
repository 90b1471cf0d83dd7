/** A transcript that can be read, wherever it is. */
export interface TranscriptSource {
  /** Its name in all outputs, with `/`. */
  readonly source: string;
  /** Its bytes, in memory of their own. Called once. @throws MillraceError `MILLRACE_UNREADABLE_INPUT` */
  read(signal: AbortSignal): Promise<Uint8Array<ArrayBuffer>>;
}

/** A transcript that is larger isn't one. */
export const MAX_FILE_BYTES = 256 * 2 ** 20;

/** The name of a file in an archive: `talks.zip!/2024/opening.srt`. */
export function entrySource(archive: string, name: string): string {
  return `${archive}!/${name}`;
}

/** Why a name in an archive is not read; undefined if it is one of a transcript. */
export function isEntryToRead(name: string): boolean {
  const segments = name.split('/');
  return !segments.some((segment) => segment.startsWith('.') || segment === '__MACOSX');
}
