import { describe, expect, it } from 'vitest';
import { packError, unpackError } from '../../../src/shared/error-transport.js';
import { isMillraceError, MillraceError } from '../../../src/shared/errors.js';

const across = (thrown: unknown) => unpackError(structuredClone(packError(thrown)));

describe('errors that cross threads', () => {
  it('keep class, name, code, message, stack and causes', () => {
    const cause = Object.assign(new TypeError('why'), { code: 'E_WHY' });
    const thrown = Object.assign(new RangeError('what', { cause }), { code: 42 });
    const error = across(thrown) as RangeError;
    expect(error).toBeInstanceOf(RangeError);
    expect(error).toMatchObject({ name: 'RangeError', message: 'what', code: 42, stack: thrown.stack });
    expect(error.cause).toBeInstanceOf(TypeError);
    expect(error.cause).toMatchObject({ message: 'why', code: 'E_WHY' });
  });

  it('keep a name of their own', () => {
    class ParseError extends Error {
      override name = 'ParseError';
    }
    const error = across(new ParseError('no'));
    expect(String(error)).toBe('ParseError: no');
    expect(Object.keys(error as object)).toEqual([]);
  });

  it('are ours again if they were, with category', () => {
    const error = across(
      new MillraceError('MILLRACE_INVALID_INPUT', 'no', { category: 'transient', cause: 1 }),
    );
    expect(isMillraceError(error)).toBe(true);
    expect(error).toMatchObject({ code: 'MILLRACE_INVALID_INPUT', category: 'transient', cause: 1 });
  });

  it('may be no errors at all, or not cloneable', () => {
    expect(across('a string')).toBe('a string');
    expect(across(undefined)).toBe(undefined);
    expect(across({ answer: [42] })).toEqual({ answer: [42] });
    expect(across(() => 1)).toBe('() => 1');
  });

  it('do not recurse for ever', () => {
    const error: Error = new Error('my own cause');
    error.cause = error;
    expect(across(error)).toMatchObject({ message: 'my own cause' });
  });
});
