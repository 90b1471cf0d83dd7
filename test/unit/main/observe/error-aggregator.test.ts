import { describe, expect, it } from 'vitest';
import { ErrorAggregator } from '../../../../src/main/observe/error-aggregator.js';
import { classify } from '../../../../src/main/policies/classify.js';
import { settleConcurrent } from '../../../../src/main/run/settle-concurrent.js';
import { withPolicies } from '../../../../src/main/run/with-policies.js';
import { MillraceError } from '../../../../src/shared/errors.js';

const quota = () =>
  Object.assign(new Error('You exceeded your quota'), { status: 429, code: 'insufficient_quota' });
const busy = () => Object.assign(new Error('Slow down'), { status: 429 });

describe('ErrorAggregator', () => {
  it('counts by category and code, and keeps the first few with their items', async () => {
    const errors = new ErrorAggregator<number>({ samples: 2 });
    const step = (n: number) => {
      if (n % 2 === 0) throw busy();
      if (n === 9) throw new TypeError('not a text');
      return n;
    };
    await settleConcurrent(
      Array.from({ length: 10 }, (_, n) => n),
      withPolicies(step, classify()),
      {
        onError: errors.add,
      },
    );
    expect(errors.hasErrors()).toBe(true);
    expect(errors.count).toBe(6);
    expect(errors.byCategory()).toEqual({ retryable: 5, transient: 0, fatal: 1 });
    expect(errors.byKind()).toMatchObject([
      {
        category: 'retryable',
        code: 'MILLRACE_CALL_FAILED 429',
        count: 5,
        samples: [{ item: 0 }, { item: 2 }],
      },
      { category: 'fatal', code: 'MILLRACE_CALL_FAILED TypeError', count: 1, samples: [{ item: 9 }] },
    ]);
    const written: string[] = [];
    errors.logSummary((text) => written.push(text));
    expect(written).toEqual([
      [
        '6 errors',
        '  5 × MILLRACE_CALL_FAILED 429 (retryable)',
        '    0: Slow down',
        '    2: Slow down',
        '  1 × MILLRACE_CALL_FAILED TypeError (fatal)',
        '    9: not a text',
      ].join('\n'),
    ]);
    expect(() => errors.raiseIfCritical()).not.toThrow();
  });

  it('knows errors of steps that classify nothing', async () => {
    const errors = new ErrorAggregator();
    await settleConcurrent(['a'], () => Promise.reject(busy()), { onError: errors.add });
    expect(errors.byCategory()).toMatchObject({ retryable: 1 });
  });

  it('raises what makes everything worthless', () => {
    const errors = new ErrorAggregator<string>();
    expect(errors.hasErrors()).toBe(false);
    expect(errors.summary()).toBe('no errors');
    errors.raiseIfCritical();
    errors.add('a', busy());
    errors.add('b', quota());
    errors.add('c', quota());
    const cause = errors.byKind()[0]!.samples[0]!.error;
    expect(() => errors.raiseIfCritical()).toThrow(
      expect.objectContaining({
        code: 'MILLRACE_CRITICAL',
        category: 'fatal',
        scope: 'run',
        message: '2 critical errors among 3: You exceeded your quota',
        cause,
      }),
    );
  });

  it('leaves it to the caller what is critical', () => {
    const errors = new ErrorAggregator({ isCritical: ({ category }) => category === 'transient' });
    errors.add('a', quota());
    errors.raiseIfCritical();
    errors.add('b', new MillraceError('MILLRACE_TIMEOUT', 'late', { category: 'transient' }));
    expect(() => errors.raiseIfCritical()).toThrow('1 critical error among 2: late');
  });

  it('never grows without bound', () => {
    const errors = new ErrorAggregator({ samples: 2, maxKinds: 5 });
    for (let i = 0; i < 1000; i++) {
      errors.add(i, Object.assign(new Error('x'.repeat(10_000)), { code: `CODE_${i}${'y'.repeat(100)}` }));
    }
    const kinds = errors.byKind();
    expect(kinds).toHaveLength(6);
    expect(kinds[0]).toMatchObject({ code: 'other', count: 995 });
    expect(kinds.flatMap(({ samples }) => samples)).toHaveLength(7);
    expect(errors.summary().length).toBeLessThan(6000);
  });

  it('takes whatever is thrown, of whatever item', () => {
    const errors = new ErrorAggregator();
    const cycle: { self?: unknown } = {};
    cycle.self = cycle;
    for (const thrown of [undefined, null, 'text', 7, { status: 503 }, cycle]) errors.add(cycle, thrown);
    errors.add(undefined, new Error('no'));
    expect(errors.count).toBe(7);
    expect(errors.summary()).toContain('7 errors');
  });
});
