import { describe, expectTypeOf, it } from 'vitest';
import type { ComputePool } from '../../src/main/compute/compute-pool.js';
import { jobStep, workerStep } from '../../src/main/run/job-step.js';
import { runConcurrent } from '../../src/main/run/run-concurrent.js';
import { settleConcurrent } from '../../src/main/run/settle-concurrent.js';
import type { Outcome, Step, StepContext } from '../../src/main/run/step.js';
import { streamConcurrent } from '../../src/main/run/stream-concurrent.js';
import type { MillraceError } from '../../src/shared/errors.js';
import type { JobInput, JobOutput } from '../../src/shared/job-map.js';

describe('the types of a run', () => {
  it('infers items from the inputs and results from the step', () => {
    expectTypeOf(runConcurrent([1, 2], (x) => x.toFixed())).resolves.toEqualTypeOf<string[]>();
    expectTypeOf(runConcurrent(new Set(['a']), async (x) => x.length)).resolves.toEqualTypeOf<number[]>();
    expectTypeOf(settleConcurrent([1], (x) => `${x}`)).resolves.toEqualTypeOf<Outcome<string>[]>();
    expectTypeOf(streamConcurrent([1], async (x) => [x])).toEqualTypeOf<AsyncIterable<Outcome<number[]>>>();
    const inputs = null as unknown as AsyncIterable<Date>;
    const infer = () =>
      runConcurrent(inputs, (date) => date.getTime(), { key: (date) => date.toISOString() });
    expectTypeOf(infer).returns.resolves.toEqualTypeOf<number[]>();
  });

  it('refuses a step that takes something else', () => {
    const step = (text: string) => text;
    // @ts-expect-error numbers are no strings
    expectTypeOf(runConcurrent([1], step)).resolves.toBeArray();
    // @ts-expect-error only streams can be ordered
    runConcurrent([], step, { ordered: true }).catch(() => {});
  });

  it('tells values from errors by the state of an outcome', () => {
    const check = (outcome: Outcome<string>) => {
      if (outcome.state === 'done') expectTypeOf(outcome.value).toBeString();
      else expectTypeOf(outcome.error).toEqualTypeOf<MillraceError>();
    };
    expectTypeOf(check).toBeFunction();
  });

  it('gives waits the type of what they wait for', () => {
    const step = ({ waitOutsideSlot }: StepContext) => waitOutsideSlot('pool', async () => 7);
    expectTypeOf(step).returns.resolves.toBeNumber();
    // @ts-expect-error no such cause
    const wrong = ({ waitOutsideSlot }: StepContext) => waitOutsideSlot('boredom', async () => 7);
    expectTypeOf(wrong).toBeFunction();
  });

  it('types the steps that run in workers', () => {
    const make = (pool: ComputePool) => jobStep(pool, 'transcripts');
    expectTypeOf(make).returns.toEqualTypeOf<Step<JobInput<'transcripts'>, JobOutput<'transcripts'>>>();
    const custom = () => workerStep<string, number>('./count.js', 'count', { priority: 1 });
    expectTypeOf(custom).returns.toEqualTypeOf<Step<string, number>>();
  });
});
