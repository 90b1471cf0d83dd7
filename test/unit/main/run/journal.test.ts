import { existsSync, readFileSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { JournalOptions } from '../../../../src/main/run/journal.js';
import { runConcurrent } from '../../../../src/main/run/run-concurrent.js';
import { settleConcurrent } from '../../../../src/main/run/settle-concurrent.js';
import { streamConcurrent } from '../../../../src/main/run/stream-concurrent.js';
import { MillraceError } from '../../../../src/shared/errors.js';
import { deferred, quiet } from '../../../helpers/deferred.js';
import { temporaryFolder } from '../../../helpers/temporary-folder.js';

const newJournal = () => join(temporaryFolder(), 'run.jsonl');

/** A step that doubles numbers and notes which ones it was called with. */
function doubling() {
  const calls: number[] = [];
  const step = (input: number) => {
    calls.push(input);
    return 2 * input;
  };
  return { calls, step };
}

describe('a journal', () => {
  it('gives what an earlier run has done, in its order, without doing it again', async () => {
    const journal = newJournal();
    const first = doubling();
    expect(await runConcurrent([1, 2, 3], first.step, { journal })).toEqual([2, 4, 6]);
    const second = doubling();
    expect(await runConcurrent([3, 4, 1, 2], second.step, { journal })).toEqual([6, 8, 2, 4]);
    expect(second.calls).toEqual([4]);
    expect(existsSync(`${journal}.lock`)).toBe(false);
  });

  it('has an item before it is reported', async () => {
    const journal = newJournal();
    const linesThen: number[] = [];
    for await (const outcome of streamConcurrent([1, 2, 3, 4, 5], doubling().step, {
      journal,
      concurrency: 2,
    })) {
      const lines = readFileSync(journal, 'utf8').trimEnd().split('\n').slice(1);
      const keys = lines.map((line) => JSON.parse(line).record.key);
      expect(keys).toContain(outcome.key);
      linesThen.push(lines.length);
    }
    expect(linesThen).toHaveLength(5);
  });

  it('tries failed items again, unless they are to be replayed', async () => {
    const journal = newJournal();
    const error = new MillraceError('MILLRACE_CALL_FAILED', 'no', { category: 'transient', sent: true });
    const failing = () => Promise.reject(error);
    await settleConcurrent(['a'], failing, { journal, key: String });
    const replayed = await settleConcurrent(['a'], doubling as never, {
      journal: { path: journal, replayFailures: true },
      key: String,
    });
    expect(replayed).toMatchObject([
      {
        state: 'failed',
        attempts: 1,
        error: { code: 'MILLRACE_CALL_FAILED', message: 'no', category: 'transient' },
      },
    ]);
    expect(await settleConcurrent(['a'], () => 'now', { journal, key: String })).toMatchObject([
      { state: 'done', value: 'now' },
    ]);
    expect(await settleConcurrent(['a'], failing, { journal, key: String })).toMatchObject([
      { state: 'done', value: 'now' },
    ]);
  });

  it('does not hold against an item what ended the run', async () => {
    const journal = newJournal();
    const quota = new MillraceError('MILLRACE_CALL_FAILED', 'insufficient_quota', { scope: 'run' });
    const outcomes = await settleConcurrent(
      ['a', 'b', 'c'],
      (input) => (input === 'b' ? Promise.reject(quota) : input),
      { journal, concurrency: 1 },
    );
    expect(outcomes.map(({ state }) => state)).toEqual(['done', 'failed', 'notRun']);
    const again = await settleConcurrent(['a', 'b', 'c'], (input) => `${input}2`, {
      journal: { path: journal, replayFailures: true },
    });
    expect(again).toMatchObject([{ value: 'a' }, { value: 'b2' }, { value: 'c2' }]);
  });

  it('keeps what was done while the run was aborted', async () => {
    const journal = newJournal();
    const gate = deferred<string>();
    const controller = new AbortController();
    const run = runConcurrent(['slow'], () => gate.promise, { journal, signal: controller.signal });
    await expect.poll(() => existsSync(journal)).toBe(true);
    await quiet();
    controller.abort(new Error('stop'));
    gate.resolve('paid for');
    await expect(run).rejects.toThrow('stop');
    expect(await runConcurrent(['slow'], () => 'again', { journal })).toEqual(['paid for']);
  });

  it.each<[string, unknown]>([
    ['JSON', { text: 'a', list: [1, null, true, { deep: [] }] }],
    ['undefined', undefined],
    ['a typed array', Float32Array.of(1.5, -0, Number.NaN)],
    [
      'what is no JSON inside of JSON',
      { at: new Date(5), map: new Map([[1, new Set(['x'])]]), big: 1n, gap: undefined },
    ],
    ['numbers that JSON has not', [Number.NaN, Number.POSITIVE_INFINITY, -0]],
    ['a lone surrogate', '\ud800'],
    ['a sparse array', Object.assign(new Array(3), { 0: 1, 2: 3 })],
    ['a line break', 'a\nb\u2028c'],
  ])('gives back %s as it was', async (_name, value) => {
    const journal = newJournal();
    await runConcurrent(['x'], () => value, { journal });
    const [replayed] = await runConcurrent(['x'], () => 'again', { journal });
    expect(replayed).toStrictEqual(value);
  });

  it('ends the run where a value can’t be kept', async () => {
    const run = settleConcurrent([1, 2, 3], () => () => {}, { journal: newJournal(), concurrency: 1 });
    expect(await run).toMatchObject([
      {
        state: 'failed',
        error: { code: 'MILLRACE_NOT_CLONEABLE', message: expect.stringContaining('item "') },
      },
      { state: 'notRun' },
      { state: 'notRun' },
    ]);
  });

  it('names equal items apart, and refuses a second item with the key of another', async () => {
    const journal = newJournal();
    const { calls, step } = doubling();
    expect(await runConcurrent([7, 7], step, { journal })).toEqual([14, 14]);
    expect(await runConcurrent([7, 7, 7], step, { journal })).toEqual([14, 14, 14]);
    expect(calls).toEqual([7, 7, 7]);
    const same = await settleConcurrent([1, 2], step, { journal: newJournal(), key: () => 'same' });
    expect(same).toMatchObject([
      { state: 'done' },
      {
        state: 'failed',
        error: { code: 'MILLRACE_DUPLICATE_KEY', message: expect.stringContaining('"same"') },
      },
    ]);
  });

  it('asks for names where inputs have no content to go by', async () => {
    const run = runConcurrent([1, () => 2], () => 0, { journal: newJournal() });
    await expect(run).rejects.toMatchObject({
      code: 'MILLRACE_INVALID_ARGUMENT',
      message: expect.stringMatching(/^item 1: .*received a function.*"key"/),
    });
  });

  it.each<[Omit<JournalOptions, 'path'>, RegExp]>([
    [
      { version: '2' },
      /: of a run with other options: option "version": "1" then, "2" now; delete .* to begin anew$/,
    ],
    [
      { version: '1', settings: { model: 'n' } },
      /: of a run with other options: option "settings\.model": "m" then, "n" now; delete/,
    ],
  ])('refuses the journal of another step: %j', async (other, message) => {
    const path = newJournal();
    const given = { path, version: '1', settings: { model: 'm' } };
    await runConcurrent([1], (x) => x, { journal: given });
    const before = readFileSync(path, 'utf8');
    const run = runConcurrent([1], (x) => x, { journal: { settings: given.settings, ...other, path } });
    await expect(run).rejects.toMatchObject({
      code: 'MILLRACE_INVALID_INPUT',
      message: expect.stringMatching(message),
    });
    expect(readFileSync(path, 'utf8')).toBe(before);
    expect(existsSync(`${path}.lock`)).toBe(false);
  });

  it('begins anew where a run with other settings has done nothing', async () => {
    const path = newJournal();
    const failing = runConcurrent(
      [1],
      () => {
        throw new MillraceError('MILLRACE_CALL_FAILED', 'no quota left', { scope: 'run' });
      },
      { journal: { path, version: '1' } },
    );
    await expect(failing).rejects.toThrow('no quota left');
    expect(await runConcurrent([1], (x) => x, { journal: { path, version: '2' } })).toEqual([1]);
    await expect(runConcurrent([1], (x) => x, { journal: { path, version: '1' } })).rejects.toThrow(
      /"2" then/,
    );
  });

  it('refuses files that are no journal, journals in use, and folders that are not there', async () => {
    const path = newJournal();
    writeFileSync(path, '{"id":1}\n');
    const one = (journal: string) => runConcurrent([1], (x) => x, { journal });
    await expect(one(path)).rejects.toThrow(/line 1: expected the header of a journal/);
    expect(readFileSync(path, 'utf8')).toBe('{"id":1}\n');
    await expect(one(join(path, 'x'))).rejects.toMatchObject({ code: 'MILLRACE_OUTPUT_FAILED' });
    const used = newJournal();
    const gate = deferred<number>();
    const running = runConcurrent([1], () => gate.promise, { journal: used });
    await expect.poll(() => existsSync(used)).toBe(true);
    await expect(one(used)).rejects.toMatchObject({ code: 'MILLRACE_LOCKED' });
    gate.resolve(1);
    await running;
    await expect(runConcurrent([1], (x) => x, { journal: 5 as never })).rejects.toThrow(/option "journal"/);
  });

  it('has every whole item wherever the file was cut off, and goes on from there', async () => {
    const whole = newJournal();
    const inputs = ['one', 'two ü', 'three'];
    await runConcurrent(inputs, (input) => ({ input }), { journal: whole, concurrency: 1 });
    const bytes = readFileSync(whole);
    const ends = [...bytes.entries()].filter(([, byte]) => byte === 10).map(([at]) => at + 1);
    for (let size = 0; size <= bytes.length; size++) {
      const journal = newJournal();
      writeFileSync(journal, bytes);
      truncateSync(journal, size);
      const done = Math.max(0, ends.filter((end) => end <= size).length - 1);
      const called: string[] = [];
      const step = (input: string) => {
        called.push(input);
        return { input };
      };
      expect(await runConcurrent(inputs, step, { journal, concurrency: 1 })).toEqual(
        inputs.map((input) => ({ input })),
      );
      expect(called).toEqual(inputs.slice(done));
      expect(readFileSync(journal)).toEqual(bytes);
    }
  });

  it('does again only the items whose lines are damaged', async () => {
    const whole = newJournal();
    const inputs = Array.from({ length: 6 }, (_, i) => i);
    await runConcurrent(inputs, (i) => i * 10, { journal: whole, concurrency: 1 });
    const bytes = readFileSync(whole);
    const header = bytes.indexOf(10) + 1;
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: header, max: bytes.length - 1 }),
        fc.integer({ min: 1, max: 255 }),
        async (at, flip) => {
          const journal = newJournal();
          const damaged = Buffer.from(bytes);
          damaged[at]! ^= flip;
          writeFileSync(journal, damaged);
          const called: number[] = [];
          const step = (i: number) => {
            called.push(i);
            return i * 10;
          };
          expect(await runConcurrent(inputs, step, { journal })).toEqual(inputs.map((i) => i * 10));
          // A damaged end of a line takes the next one with it.
          expect(called.length).toBeGreaterThanOrEqual(bytes[at] === 10 && at === bytes.length - 1 ? 0 : 1);
          expect(called.length).toBeLessThanOrEqual(2);
        },
      ),
      { numRuns: 60 },
    );
  });

  it('writes what ends together at once', async () => {
    const journal = newJournal();
    const inputs = Array.from({ length: 1000 }, (_, i) => i);
    await runConcurrent(inputs, (i) => i, { journal, concurrency: 1000 });
    expect(readFileSync(journal, 'utf8').split('\n')).toHaveLength(1002);
    expect(statSync(journal).size).toBeLessThan(150_000);
  });
});
