import { readTranscriptFile, type TranscriptFileResult } from '../shared/transcript-file.js';
import { reply, type TaskReply, task } from '../shared/worker-task.js';

/** Makes files into chunks. One that fails leaves the others alone. */
export default task<'transcripts'>(async ({ files, ...options }, context) => {
  const replies: TaskReply<TranscriptFileResult>[] = [];
  for (const file of files) {
    context.throwIfCancelled();
    replies.push(await reply(() => readTranscriptFile(file, options)));
  }
  return replies;
});
