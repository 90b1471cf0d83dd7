import { type ZodType, z } from 'zod';
import { MillraceError } from './errors.js';

/**
 * Checks the options of a public call, once, at its door.
 *
 * @throws MillraceError `MILLRACE_INVALID_ARGUMENT`, naming the call, the option, the value received and what
 * was expected.
 */
export function checkOptions<T>(call: string, schema: ZodType<T>, options: unknown): T {
  const result = schema.safeParse(options);
  if (result.success) return result.data;
  const problems = result.error.issues.map((issue) => {
    const name = issue.path.length > 0 ? `option "${issue.path.join('.')}"` : 'options';
    const received = issue.path.reduce<unknown>(
      (value, key) => (value as Record<PropertyKey, unknown> | undefined)?.[key],
      options,
    );
    return `${name}: ${issue.message}, received ${describe(received)}`;
  });
  throw new MillraceError('MILLRACE_INVALID_ARGUMENT', `${call}: ${problems.join('; ')}`);
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
