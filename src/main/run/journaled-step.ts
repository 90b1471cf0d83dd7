import { errorMessage, MillraceError } from '../../shared/errors.js';
import { stableKey } from '../../shared/stable-key.js';
import { classifyError } from '../policies/classify-error.js';
import type { Journal } from './journal.js';
import type { Step } from './step.js';

/**
 * A step that gives what the journal has of an item, and else notes how it ended before it ends. What an abort, or an
 * error that ended the run, did to an item is not noted: it is done in the next run.
 *
 * @throws MillraceError `MILLRACE_DUPLICATE_KEY` for an item whose key another one of the run has
 */
export function journaled<I, O>(step: Step<I, O>, journal: () => Journal): Step<I, O> {
  const seen = new Set<string>();
  return async (input, context) => {
    const { key } = context;
    if (seen.has(key)) throw duplicateKey(key);
    seen.add(key);
    const found = await journal().find(key);
    if (found !== undefined) {
      context.report({ attempt: found.attempts });
      if (found.state === 'done') return found.value as O;
      throw found.error;
    }
    let value: O;
    try {
      value = await step(input, context);
    } catch (error) {
      const isOfRun = context.signal.aborted || classifyError(error).scope === 'run';
      if (!isOfRun) await journal().record({ key, attempts: context.attempt, state: 'failed', error });
      throw error;
    }
    await journal().record({ key, attempts: context.attempt, state: 'done', value });
    return value;
  };
}

function duplicateKey(key: string): MillraceError {
  const problem = `two items have the key "${key}", expected different ones: a journal knows items by their keys`;
  return new MillraceError('MILLRACE_DUPLICATE_KEY', problem);
}

/**
 * Names items by their content: the same in every run. Equal items are numbered.
 *
 * @throws MillraceError `MILLRACE_INVALID_ARGUMENT` for an input that is no plain data
 */
export function keysByContent(): (input: unknown, index: number) => string {
  const uses = new Map<string, number>();
  return (input, index) => {
    const key = contentKey(input, index);
    const use = (uses.get(key) ?? 0) + 1;
    uses.set(key, use);
    return use === 1 ? key : `${key}#${use}`;
  };
}

function contentKey(input: unknown, index: number): string {
  try {
    return stableKey(input);
  } catch (cause) {
    throw new MillraceError('MILLRACE_INVALID_ARGUMENT', `item ${index}: ${errorMessage(cause)}`, { cause });
  }
}
