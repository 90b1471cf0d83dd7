import { countEach } from '../shared/kernels/tokens-job.js';
import { task } from '../shared/worker-task.js';

/** Counts the tokens of a run of texts. */
export default task<'tokens'>((job, context) => countEach(job, context));
