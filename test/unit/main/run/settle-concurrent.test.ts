import { getEventListeners } from 'node:events';
import { describe, expect, it } from 'vitest';
import { settleConcurrent } from '../../../../src/main/run/settle-concurrent.js';
import { MillraceError } from '../../../../src/shared/errors.js';
import type { ProgressReport } from '../../../../src/shared/progress.js';
import { deferred, quiet } from '../../../helpers/deferred.js';

describe('settleConcurrent', () => {
  it('goes on after errors and returns every outcome in input order', async () => {
    const odd = new TypeError('odd');
    const own = new MillraceError('MILLRACE_INVALID_INPUT', 'item 3 is empty', { category: 'retryable' });
    const gates = [deferred<string>(), deferred<string>(), deferred<string>(), deferred<string>()];
    const outcomes = settleConcurrent(gates, (gate) => gate.promise, {
      concurrency: 4,
      key: (_gate, index) => `item ${index}`,
    });
    gates[3]!.reject(own);
    await quiet();
    gates[2]!.resolve('two');
    gates[1]!.reject(odd);
    gates[0]!.resolve('zero');
    const failed = { state: 'failed', attempts: 1 };
    expect(await outcomes).toEqual([
      { index: 0, key: 'item 0', attempts: 1, state: 'done', value: 'zero' },
      { index: 1, key: 'item 1', ...failed, error: expect.any(MillraceError) },
      { index: 2, key: 'item 2', attempts: 1, state: 'done', value: 'two' },
      { index: 3, key: 'item 3', ...failed, error: own },
    ]);
    const [, foreign, , ours] = await outcomes;
    expect(foreign).toMatchObject({
      error: { code: 'MILLRACE_STEP_FAILED', message: 'odd', category: 'fatal' },
    });
    expect(foreign).toHaveProperty('error.cause', odd);
    expect(ours).toHaveProperty('error', own);
  });

  it('takes a step that throws at once, or throws what is no error', async () => {
    const outcomes = await settleConcurrent(['text', undefined], (thrown) => {
      throw thrown;
    });
    expect(outcomes).toMatchObject([
      { state: 'failed', error: { message: 'text', cause: 'text' } },
      { state: 'failed', error: { message: 'undefined', cause: undefined } },
    ]);
  });

  it('shows onError the very error of each failed outcome', async () => {
    const seen: [string, MillraceError][] = [];
    const outcomes = await settleConcurrent(
      ['good', 'bad', 'worse'],
      (input) => (input === 'good' ? input : Promise.reject(new Error(input))),
      { onError: (item, error) => seen.push([item, error]) },
    );
    expect(seen.map(([item]) => item)).toEqual(['bad', 'worse']);
    expect(outcomes.slice(1).map((outcome) => 'error' in outcome && outcome.error)).toEqual([
      seen[0]![1],
      seen[1]![1],
    ]);
  });

  it('rejects with what onError throws, after the running items have settled', async () => {
    const slow = deferred();
    let isOver = false;
    const outcomes = settleConcurrent(
      ['bad', 'slow'],
      (input) => (input === 'bad' ? Promise.reject(1) : slow.promise),
      {
        onError: (item) => {
          throw new Error(`${item} is unbearable`);
        },
      },
    ).finally(() => {
      isOver = true;
    });
    outcomes.catch(() => {});
    await quiet();
    expect(isOver).toBe(false);
    slow.resolve();
    await expect(outcomes).rejects.toThrow('bad is unbearable');
  });

  it('rejects with the reason of its signal, untouched, and starts nothing more', async () => {
    const controller = new AbortController();
    const reason = { why: 'test' };
    const started: number[] = [];
    const outcomes = settleConcurrent(
      [0, 1, 2],
      async (input) => {
        started.push(input);
        await quiet();
        if (input === 1) controller.abort(reason);
      },
      { concurrency: 1, signal: controller.signal },
    );
    await expect(outcomes).rejects.toBe(reason);
    expect(started).toEqual([0, 1]);
    expect(getEventListeners(controller.signal, 'abort')).toEqual([]);
  });

  it('counts failed items as progress', async () => {
    const reports: ProgressReport[] = [];
    const step = () => Promise.reject(new Error('no'));
    await settleConcurrent([1, 2], step, { progress: (report) => reports.push(report) });
    expect(reports.map(({ done, total }) => [done, total])).toEqual([
      [0, 2],
      [1, 2],
      [2, 2],
    ]);
  });

  it('takes empty inputs', async () => {
    expect(await settleConcurrent([], () => expect.unreachable())).toEqual([]);
  });
});
