import { countPacked } from '../shared/kernels/tokens-job.js';
import { task } from '../shared/worker-task.js';

/** Counts the tokens of a run of packed texts. */
export default task<'tokens'>((job, context) => countPacked(job, context));
