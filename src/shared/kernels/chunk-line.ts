import type { Chunk } from '../transcript.js';

/** A line of a `chunks.jsonl`: a JSON object with its keys in the order of {@link Chunk}, and `\n`. */
export function chunkLine(chunk: Chunk): string {
  const { id, source, index, startMs, endMs, speaker, text, tokens, startByte, endByte, previous, next } =
    chunk;
  const line = {
    id,
    source,
    index,
    startMs,
    endMs,
    speaker,
    text,
    tokens,
    startByte,
    endByte,
    previous,
    next,
  };
  return `${JSON.stringify(line)}\n`;
}
