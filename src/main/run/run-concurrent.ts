import { Engine } from './engine.js';
import { planRun, type RunOptions } from './run-options.js';
import type { Inputs, Step } from './step.js';

/**
 * Runs `step` on every input, `options.concurrency` of them at once, and returns the results in the order of the
 * inputs. The first error stops the run: the `context.signal` of its siblings aborts, with the error as reason,
 * and once they have settled the call rejects with that error itself. Items are pulled from `inputs` only as
 * they can start. An input that was not used up is closed (its iterator's `return()`), and waited for unless its
 * `next()` is still under way, which may take for ever. A run that `drain` ended rejects, too, once what ran has ended.
 *
 * @throws what a step, the input, `key`, `onError` or `progress` threw; `options.signal.reason`; MillraceError
 * `MILLRACE_INVALID_ARGUMENT`; `MILLRACE_NOT_RUN` after `drain`.
 *
 * @example
 * import { readFile } from 'node:fs/promises';
 *
 * const paths = ['a.srt', 'b.srt', 'c.srt'];
 * const texts = await runConcurrent(paths, (path, { signal }) => readFile(path, { encoding: 'utf8', signal }), {
 *   concurrency: 2,
 * });
 */
export async function runConcurrent<I, O>(
  inputs: Inputs<I>,
  step: Step<I, O>,
  options: RunOptions<I> = {},
): Promise<O[]> {
  const results: O[] = [];
  const plan = planRun('runConcurrent', inputs, step, options);
  const engine: Engine<I, O> = new Engine(plan, inputs, step, (outcome, thrown) => {
    if (outcome.state === 'done') results[outcome.index] = outcome.value;
    else if (outcome.state !== 'notRun') return engine.fail(thrown);
    engine.release();
  });
  await engine.run();
  if (engine.cutShort !== undefined) throw engine.cutShort;
  return results;
}
