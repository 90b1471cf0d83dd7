import { errorMessage, hasCode, MillraceError } from '../../shared/errors.js';

/**
 * What it means that a worker gave no answer: it died, it ran out of memory, or a message could not be cloned.
 * Such an error carries the job's name and, as `cause`, what Node reported.
 */
export function workerFailure(job: string, error: unknown): MillraceError {
  if (hasCode(error, 'ERR_WORKER_OUT_OF_MEMORY')) {
    return new MillraceError(
      'MILLRACE_WORKER_OUT_OF_MEMORY',
      `job "${job}": its worker thread ran out of memory (raise resourceLimits.maxOldGenerationSizeMb)`,
      { cause: error },
    );
  }
  if (isCloneError(error)) {
    return new MillraceError(
      'MILLRACE_NOT_CLONEABLE',
      `job "${job}": its input or its result can't be sent between threads (functions, symbols, class internals)`,
      { cause: error },
    );
  }
  return new MillraceError(
    'MILLRACE_WORKER_CRASHED',
    `job "${job}": its worker thread died before it answered: ${errorMessage(error)}`,
    { category: 'transient', cause: error },
  );
}

/** Node 20 reports a result that can't be cloned as an empty object, since its own error can't be cloned either. */
function isCloneError(error: unknown): boolean {
  if (error instanceof Error) return error.name === 'DataCloneError';
  return typeof error === 'object' && error !== null && Object.keys(error).length === 0;
}
