import type { IngestedFile, IngestedTranscript } from '../../src/main/ingest/ingest-transcripts.js';
import type { MillraceError } from '../../src/shared/errors.js';
import type { Chunk } from '../../src/shared/transcript.js';

/** Everything that an ingestion gives. */
export async function collected(items: AsyncIterable<IngestedTranscript>) {
  const all = {
    chunks: [] as Chunk[],
    files: [] as IngestedFile[],
    failures: [] as { source: string; error: MillraceError }[],
  };
  for await (const item of items) {
    if (item.state === 'failed') all.failures.push(item);
    if (item.state !== 'done') continue;
    all.files.push(item.file);
    all.chunks.push(...item.chunks());
  }
  return all;
}
