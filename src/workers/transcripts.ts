import type { TranscriptResult } from '../shared/kernels/transcripts/transcript-job.js';
import { readTranscriptFile, type TranscriptFileResult } from '../shared/transcript-file.js';
import { reply, type TaskReply, task } from '../shared/worker-task.js';

/** Makes files into chunks. One that fails leaves the others alone. */
export default task<'transcripts'>(async ({ files, ...options }, context) => {
  const replies: TaskReply<TranscriptFileResult>[] = [];
  for (const file of files) {
    context.throwIfCancelled();
    replies.push(await reply(() => readTranscriptFile(file, options)));
  }
  putTogether(replies.flatMap((each) => (each.ok && each.value.transcript) || []));
  return replies;
});

/**
 * Puts the bytes of all results into one buffer. The main thread gets a copy of each buffer, and a few hundred small ones
 * a second keep its garbage collector at work, and a processor that the threads want.
 */
function putTogether(results: readonly TranscriptResult[]): void {
  const bytes = new Uint8Array(
    results.reduce((sum, { jsonl, signature }) => sum + jsonl.length + (signature?.length ?? 0), 0),
  );
  let end = 0;
  const moved = (part: Uint8Array): Uint8Array<ArrayBuffer> => {
    bytes.set(part, end);
    end += part.length;
    return bytes.subarray(end - part.length, end);
  };
  for (const result of results) {
    result.jsonl = moved(result.jsonl);
    result.signature &&= moved(result.signature);
  }
}
