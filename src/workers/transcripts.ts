import { readTranscript } from '../shared/kernels/transcripts/transcript-job.js';
import { task } from '../shared/worker-task.js';

/** Makes one file's bytes into chunks. */
export default task<'transcripts'>((job) => readTranscript(job));
