import type { MillraceError } from '../../shared/errors.js';
import type { Policy, StepContext } from '../run/step.js';
import { classifyError } from './classify-error.js';

/**
 * Another value for items that failed. Errors that end the run, and aborts, go through.
 *
 * @example
 * const step = withPolicies(translate, fallback((text) => text), retry());
 */
export function fallback<I, O, P = O>(
  instead: (input: I, error: MillraceError, context: StepContext) => Promise<P> | P,
): Policy<I, O, O | P> {
  return (next) => async (input, context) => {
    try {
      return await next(input, context);
    } catch (thrown) {
      const error = classifyError(thrown);
      if (context.signal.aborted || error.scope === 'run') throw thrown;
      return instead(input, error, context);
    }
  };
}
