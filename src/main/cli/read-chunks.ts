import { MillraceError } from '../../shared/errors.js';
import type { Chunk } from '../../shared/transcript.js';
import { readChunksJsonl } from '../graph/chunks-jsonl.js';
import { interrupted } from './program.js';

/** The chunks of a file, of which there has to be one. */
export async function readChunks(path: string): Promise<Chunk[]> {
  const chunks = await readChunksJsonl(path, { signal: interrupted });
  if (chunks.length > 0) return chunks;
  const expected = 'expected a line for each chunk, as millrace ingest and millrace graph write them';
  throw new MillraceError('MILLRACE_NOTHING_DONE', `${path}: no chunks in it, ${expected}`);
}
