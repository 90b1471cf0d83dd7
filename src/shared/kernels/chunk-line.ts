import type { Chunk } from '../transcript.js';

/** A line of a `chunks.jsonl`: a JSON object with its keys in the order of {@link Chunk}, and `\n`. */
export function chunkLine({ id, source, index, startMs, endMs, speaker, text, tokens }: Chunk): string {
  return `${JSON.stringify({ id, source, index, startMs, endMs, speaker, text, tokens })}\n`;
}
