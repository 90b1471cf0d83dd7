import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { checkOptions, count, numberFrom } from '../../../src/shared/options.js';

const schema = z.object({ k: count(1, 10).optional(), threshold: numberFrom(-1, 1) });

describe('checkOptions', () => {
  it('returns what is right', () => {
    expect(checkOptions('call', schema, { threshold: 0.5 })).toEqual({ threshold: 0.5 });
  });

  it.each([
    [{ threshold: 2 }, 'call: option "threshold": expected a number from -1 to 1, received 2 (number)'],
    [
      { threshold: Number.NaN },
      'call: option "threshold": expected a number from -1 to 1, received NaN (number)',
    ],
    [{ threshold: '0.5' }, 'call: option "threshold": expected a number from -1 to 1, received "0.5"'],
    [{}, 'call: option "threshold": expected a number from -1 to 1, received undefined (undefined)'],
    [
      { threshold: 0, k: 1.5 },
      'call: option "k": expected a whole number from 1 to 10, received 1.5 (number)',
    ],
    [{ threshold: 0, k: 11 }, 'call: option "k": expected a whole number from 1 to 10, received 11 (number)'],
  ])('names call, option, range and value: %j', (options, message) => {
    expect(() => checkOptions('call', schema, options)).toThrow(message);
    expect(() => checkOptions('call', schema, options)).toThrow(
      expect.objectContaining({ code: 'MILLRACE_INVALID_ARGUMENT' }),
    );
  });
});
