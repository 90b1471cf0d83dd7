import { describe, expect, it } from 'vitest';
import { runConcurrent } from '../../../../src/main/run/run-concurrent.js';
import type { RunOptions } from '../../../../src/main/run/run-options.js';
import { settleConcurrent } from '../../../../src/main/run/settle-concurrent.js';

const bad = (options: unknown) => runConcurrent([1], (x) => x, options as RunOptions<number>);

describe('the options of a run', () => {
  it.each([
    [{ concurrency: 0 }, 'option "concurrency": expected a whole number of at least 1, received 0 (number)'],
    [{ concurrency: 1.5 }, 'received 1.5 (number)'],
    [{ concurrency: Number.POSITIVE_INFINITY }, 'received Infinity (number)'],
    [{ concurrency: 'many' }, `expected a whole number of at least 1, or 'auto', received "many"`],
    [{ maxPending: 0 }, 'option "maxPending": expected a whole number of at least 1, received 0 (number)'],
    [
      { concurrency: 8, maxPending: 7 },
      'option "maxPending": expected at least "concurrency" (8), received 7',
    ],
    [{ signal: {} }, 'option "signal": expected an AbortSignal, received an object (Object)'],
    [{ key: 'id' }, 'option "key": expected a function, received "id"'],
    [{ progress: true }, 'option "progress": expected a function, received true (boolean)'],
    [{ onError: null }, 'option "onError": expected a function, received null (object)'],
    [{ label: 7 }, 'option "label": expected a string, received 7 (number)'],
    [{ concurency: 2 }, 'concurency'],
    [{ ordered: true }, 'ordered'],
  ])('refuses %j', async (options, message) => {
    const rejection = await bad(options).catch((error) => error);
    expect(rejection).toMatchObject({ code: 'MILLRACE_INVALID_ARGUMENT' });
    expect(rejection.message).toContain('runConcurrent: ');
    expect(rejection.message).toContain(message);
  });

  it('takes undefined for what is not given', async () => {
    const options = { concurrency: undefined, maxPending: undefined, signal: undefined, key: undefined };
    expect(await runConcurrent([1], (x) => x, options)).toEqual([1]);
  });

  it.each([
    [null, (x: unknown) => x, '"inputs": expected an iterable or an async iterable, received null'],
    [
      { length: 3 },
      (x: unknown) => x,
      '"inputs": expected an iterable or an async iterable, received object',
    ],
    [[1], undefined, '"step": expected a function, received undefined'],
  ])('refuses inputs %j with step %s', async (inputs, step, message) => {
    const call = settleConcurrent(inputs as unknown[], step as () => void);
    await expect(call).rejects.toMatchObject({
      code: 'MILLRACE_INVALID_ARGUMENT',
      message: `settleConcurrent: ${message}`,
    });
  });
});
