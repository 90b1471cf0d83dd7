import type { TranscriptSource } from './transcript-source.js';

/** A thread takes so much at once, if files are small: a message to it and back costs as much as a kilobyte of text. */
const GROUP_BYTES = 65_536;
const MAX_GROUP_FILES = 16;

/**
 * Puts small files together, in their order: as many as `GROUP_BYTES` hold of those read so far on average, and of
 * bytes that are there not more than that. A large file is a group of its own.
 *
 * @param read - how much was read so far; changes
 */
export async function* groupSources(
  sources: AsyncIterable<TranscriptSource>,
  read: Readonly<{ files: number; bytes: number }>,
): AsyncGenerator<readonly TranscriptSource[], void, void> {
  let group: TranscriptSource[] = [];
  let bytes = 0;
  for await (const source of sources) {
    const size = source.content instanceof Uint8Array ? source.content.length : 0;
    if (group.length > 0 && bytes + size > GROUP_BYTES) {
      yield group;
      group = [];
      bytes = 0;
    }
    group.push(source);
    bytes += size;
    const most = Math.min(MAX_GROUP_FILES, (GROUP_BYTES * read.files) / (read.bytes || 1));
    if (group.length + 1 <= most) continue;
    yield group;
    group = [];
    bytes = 0;
  }
  if (group.length > 0) yield group;
}
