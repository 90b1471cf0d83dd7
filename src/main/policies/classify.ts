import type { MillraceError } from '../../shared/errors.js';
import type { Step } from '../run/step.js';
import { classifyError } from './classify-error.js';

/**
 * Makes whatever the step throws a MillraceError that says what may be done about it: the innermost policy. An abort
 * goes through as it is.
 *
 * @param read - your own knowledge of a client's errors; undefined leaves it to {@link classifyError}
 *
 * @example
 * const step = withPolicies(callApi, retry(), classify());
 */
export function classify(
  read?: (thrown: unknown) => MillraceError | undefined,
): <I, O>(next: Step<I, O>) => Step<I, O> {
  return (next) => async (input, context) => {
    try {
      return await next(input, context);
    } catch (thrown) {
      if (context.signal.aborted) throw thrown;
      throw read?.(thrown) ?? classifyError(thrown);
    }
  };
}
