import { CacheClient } from '../shared/cache-client.js';
import { loadFunction } from '../shared/load-function.js';
import { task } from '../shared/worker-task.js';

/** Runs a function of the user's: `(input, context) => output`, from any module that loads here. */
export default task<'user-function'>(async ({ url, exportName, input, cachePort }, context) => {
  const run = await loadFunction(url, exportName);
  if (cachePort === undefined) return run(input as never, context as never);
  const cache = new CacheClient(cachePort);
  try {
    return await run(input as never, Object.assign(context, { cache }) as never);
  } finally {
    cache.close();
  }
});
