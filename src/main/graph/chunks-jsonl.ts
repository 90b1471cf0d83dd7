import { createReadStream } from 'node:fs';
import { z } from 'zod';
import { errorMessage, hasCode, MillraceError } from '../../shared/errors.js';
import { chunkLine } from '../../shared/kernels/chunk-line.js';
import { count } from '../../shared/options.js';
import type { Chunk } from '../../shared/transcript.js';

const milliseconds = count(0).nullable();

/** The order of keys here is their order in the file. */
const chunkSchema = z.object({
  id: z.string('expected a string').min(1, 'expected a string that is not empty'),
  source: z.string('expected a string'),
  index: count(0),
  startMs: milliseconds,
  endMs: milliseconds,
  speaker: z.string('expected a string or null').nullable(),
  text: z.string('expected a string'),
  tokens: count(0),
  startByte: count(0).nullable().default(null),
  endByte: count(0).nullable().default(null),
  previous: z.string('expected a string or null').nullable().default(null),
  next: z.string('expected a string or null').nullable().default(null),
});

/**
 * The lines of a `chunks.jsonl`: a JSON object for each chunk, with its keys in the order of {@link Chunk}.
 *
 * @example
 * await writeFileAtomically('out/chunks.jsonl', chunksJsonl(chunks));
 */
export function* chunksJsonl(chunks: Iterable<Chunk>): Iterable<string> {
  for (const chunk of chunks) yield chunkLine(chunk);
}

/**
 * Reads a file of chunks as {@link chunksJsonl} writes it. Blank lines and unknown keys are passed over.
 *
 * @throws MillraceError `MILLRACE_UNREADABLE_INPUT` if the file can't be read or isn't UTF-8;
 * `MILLRACE_INVALID_INPUT`, with the number of the line, for what isn't a chunk and for an id that was there
 * before; `signal.reason` after an abort.
 *
 * @example
 * const chunks = await readChunksJsonl('out/chunks.jsonl');
 */
export async function readChunksJsonl(
  path: string,
  { signal }: { signal?: AbortSignal } = {},
): Promise<Chunk[]> {
  const chunks: Chunk[] = [];
  const lineOfId = new Map<string, number>();
  for await (const { chunk, line } of numberedChunks(path, signal)) {
    const before = lineOfId.get(chunk.id);
    if (before !== undefined) {
      throw invalid(`${path}, line ${line}: id ${JSON.stringify(chunk.id)} was already in line ${before}`);
    }
    lineOfId.set(chunk.id, line);
    chunks.push(chunk);
  }
  return chunks;
}

/**
 * The chunks of such a file one after the other, for files that are larger than memory. Ids are not compared.
 *
 * @throws as {@link readChunksJsonl}
 */
export async function* streamChunksJsonl(
  path: string,
  { signal }: { signal?: AbortSignal } = {},
): AsyncGenerator<Chunk, void, void> {
  for await (const { chunk } of numberedChunks(path, signal)) yield chunk;
}

async function* numberedChunks(
  path: string,
  signal: AbortSignal | undefined,
): AsyncGenerator<{ chunk: Chunk; line: number }, void, void> {
  let line = 0;
  for await (const text of linesOf(path, signal)) {
    line++;
    if (text.trim() !== '') yield { chunk: parseChunk(text, `${path}, line ${line}`), line };
  }
}

function parseChunk(line: string, place: string): Chunk {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch (cause) {
    throw invalid(`${place}: expected a JSON object, ${errorMessage(cause)}`, cause);
  }
  const result = chunkSchema.safeParse(value);
  if (result.success) return result.data;
  const problems = result.error.issues.map(({ path: [key], message }) => {
    if (key === undefined) return `expected a JSON object, received ${excerpt(value)}`;
    return `"${String(key)}": ${message}, received ${excerpt((value as Record<PropertyKey, unknown>)[key])}`;
  });
  throw invalid(`${place}: ${problems.join('; ')}`);
}

/** Lines end at `\n` only: other separators of Unicode may stand inside a JSON string. */
async function* linesOf(path: string, signal: AbortSignal | undefined): AsyncIterable<string> {
  const decoder = new TextDecoder('utf-8', { fatal: true });
  let rest = '';
  try {
    for await (const bytes of createReadStream(path, { signal })) {
      const lines = decoder.decode(bytes, { stream: true }).split('\n');
      lines[0] = rest + lines[0];
      rest = lines.pop()!;
      yield* lines;
    }
    rest += decoder.decode();
  } catch (cause) {
    signal?.throwIfAborted();
    const reason = hasCode(cause, 'ERR_ENCODING_INVALID_ENCODED_DATA')
      ? 'it is not UTF-8'
      : errorMessage(cause);
    throw new MillraceError('MILLRACE_UNREADABLE_INPUT', `can't read ${path}: ${reason}`, { cause });
  }
  if (rest !== '') yield rest;
}

function excerpt(value: unknown): string {
  if (value === undefined) return 'nothing';
  const json = JSON.stringify(value);
  return json.length > 60 ? `${json.slice(0, 60)}…` : json;
}

function invalid(message: string, cause?: unknown): MillraceError {
  return new MillraceError('MILLRACE_INVALID_INPUT', message, { cause });
}
