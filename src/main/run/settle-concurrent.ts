import { Engine } from './engine.js';
import { planRun, type RunOptions } from './run-options.js';
import type { Inputs, Outcome, Step } from './step.js';

/**
 * Runs `step` on every input, `options.concurrency` of them at once, goes on after errors, and returns how each
 * item ended, in the order of the inputs. Only what concerns the whole run rejects: its signal, an error of the
 * input or of a callback. Outcomes are lost then; to keep what has settled until an abort, collect from
 * `streamConcurrent`.
 *
 * @throws `options.signal.reason`; what the input, `key`, `onError` or `progress` threw; MillraceError
 * `MILLRACE_INVALID_ARGUMENT`.
 *
 * @example
 * const outcomes = await settleConcurrent(['1', '{', '[2]'], (text) => JSON.parse(text) as unknown);
 * for (const outcome of outcomes) {
 *   if (outcome.state === 'done') console.log(outcome.key, outcome.value);
 *   else console.error(outcome.key, outcome.error.message);
 * }
 */
export async function settleConcurrent<I, O>(
  inputs: Inputs<I>,
  step: Step<I, O>,
  options: RunOptions<I> = {},
): Promise<Outcome<O>[]> {
  const outcomes: Outcome<O>[] = [];
  const plan = planRun('settleConcurrent', inputs, step, options);
  const engine: Engine<I, O> = new Engine(plan, inputs, step, (outcome) => {
    outcomes[outcome.index] = outcome;
    engine.release();
  });
  await engine.run();
  return outcomes;
}
