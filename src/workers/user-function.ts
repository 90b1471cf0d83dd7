import { loadFunction } from '../shared/load-function.js';
import { task } from '../shared/worker-task.js';

/** Runs a function of the user's: `(input, context) => output`, from any module that loads here. */
export default task<'user-function'>(async ({ url, exportName, input }, context) => {
  const run = await loadFunction(url, exportName);
  return run(input as never, context as never);
});
