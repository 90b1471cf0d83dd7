import type { TranscriptSource } from './transcript-source.js';

/** A thread takes so much at once, if files are small: a message to it and back costs as much as some kilobytes of text. */
const GROUP_BYTES = 262_144;
const MAX_GROUP_FILES = 64;
/** Towards the end groups get smaller, but not smaller than this, unless files are larger. */
const LEAST_GROUP_FILES = 4;
const LEAST_GROUP_BYTES = 32_768;
/** Where nobody knows how many files are still to come, and these may be all. */
const GROUP_FILES_OF_UNKNOWN = 16;
/** Of the files that are left each of the groups under way gets this part, so that all threads end at the same time. */
const SHARE = 1 / 2;

/** What is known of a run while groups are made for it. */
export interface GroupedRun {
  /** How much was read so far; changes. */
  readonly read: Readonly<{ files: number; bytes: number }>;
  /** Of all sources, where that is known. */
  readonly total: number | undefined;
  /** How many groups are under way at once. */
  readonly concurrency: number;
}

/**
 * Puts small files together, in their order: as many as `GROUP_BYTES` hold of those read so far on average, and of
 * bytes that are there not more than that; fewer towards the end (guided self-scheduling, Polychronopoulos and Kuck,
 * 1987). A large file is a group of its own.
 */
export async function* groupSources(
  sources: AsyncIterable<TranscriptSource>,
  { read, total, concurrency }: GroupedRun,
): AsyncGenerator<readonly TranscriptSource[], void, void> {
  let taken = 0;
  let group: TranscriptSource[] = [];
  let bytes = 0;
  const filesOf = (size: number) => (size * read.files) / (read.bytes || 1);
  const isFull = () => {
    const share = total === undefined ? GROUP_FILES_OF_UNKNOWN : ((total - taken) * SHARE) / concurrency;
    const wanted = Math.min(
      MAX_GROUP_FILES,
      Math.max(share, Math.min(LEAST_GROUP_FILES, filesOf(LEAST_GROUP_BYTES))),
    );
    return group.length + 1 > Math.min(wanted, filesOf(GROUP_BYTES));
  };
  const close = () => {
    const closed = group;
    taken += closed.length;
    group = [];
    bytes = 0;
    return closed;
  };
  for await (const source of sources) {
    const size = source.content instanceof Uint8Array ? source.content.length : 0;
    if (group.length > 0 && bytes + size > GROUP_BYTES) yield close();
    group.push(source);
    bytes += size;
    if (isFull()) yield close();
  }
  if (group.length > 0) yield close();
}
