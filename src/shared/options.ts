import { type ZodType, z } from 'zod';
import { MillraceError, type RefusedOptions } from './errors.js';

/**
 * Checks the options of a public call, once, at its door.
 *
 * @throws MillraceError `MILLRACE_INVALID_ARGUMENT`, naming the call, the option, the value received and what
 * was expected.
 */
export function checkOptions<T>(call: string, schema: ZodType<T>, options: unknown): T {
  const result = schema.safeParse(options);
  if (result.success) return result.data;
  const refused = result.error.issues.map((issue) => {
    const received = issue.path.reduce<unknown>(
      (value, key) => (value as Record<PropertyKey, unknown> | undefined)?.[key],
      options,
    );
    return { name: issue.path.join('.'), problem: `${issue.message}, received ${describe(received)}` };
  });
  throw invalidOptions(call, refused);
}

/** The error for options that a call can't take. */
export function invalidOptions(call: string, options: RefusedOptions['options']): MillraceError {
  const message = `${call}: ${problemsOf(options)}`;
  return new MillraceError('MILLRACE_INVALID_ARGUMENT', message, { refused: { options } });
}

/** `option "a": …; option "b": …`. The options as a whole have an empty name. */
export function problemsOf(options: RefusedOptions['options']): string {
  return options
    .map(({ name, problem }) => `${name === '' ? 'options' : `option "${name}"`}: ${problem}`)
    .join('; ');
}

/** A whole number of at least `min`, as an option. */
export function count(min: number, max = Number.MAX_SAFE_INTEGER) {
  const range = max === Number.MAX_SAFE_INTEGER ? `of at least ${min}` : `from ${min} to ${max}`;
  const expected = `expected a whole number ${range}`;
  return z.int(expected).min(min, expected).max(max, expected);
}

/** A finite number in [min, max], as an option. */
export function numberFrom(min: number, max: number) {
  const expected = `expected a number from ${min} to ${max}`;
  return z.number(expected).min(min, expected).max(max, expected);
}

function describe(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value.length > 60 ? `${value.slice(0, 60)}…` : value);
  if (typeof value === 'function') return 'a function';
  if (typeof value === 'object' && value !== null)
    return `an object (${value.constructor?.name ?? 'no class'})`;
  return `${String(value)} (${typeof value})`;
}
