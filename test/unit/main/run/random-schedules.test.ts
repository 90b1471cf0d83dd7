import { getEventListeners } from 'node:events';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { runConcurrent } from '../../../../src/main/run/run-concurrent.js';
import { settleConcurrent } from '../../../../src/main/run/settle-concurrent.js';
import type { Inputs, Outcome, StepContext } from '../../../../src/main/run/step.js';
import { streamConcurrent } from '../../../../src/main/run/stream-concurrent.js';
import { type Deferred, deferred, quiet } from '../../../helpers/deferred.js';

const CAUSES = ['retry', 'limiter', 'breaker', 'pool', 'connection', 'coalesced'] as const;

const phase = fc.oneof(
  fc.record({ kind: fc.constant('work' as const) }),
  fc.record({ kind: fc.constant('wait' as const), cause: fc.constantFrom(...CAUSES), rejects: fc.boolean() }),
);
const program = fc.record({
  phases: fc.array(phase, { maxLength: 4 }),
  fails: fc.boolean(),
  readsSignal: fc.boolean(),
});
const perhaps = (moment: fc.Arbitrary<number>) =>
  fc.oneof({ weight: 2, arbitrary: fc.constant(null) }, { weight: 1, arbitrary: moment });
const schedule = fc.record({
  call: fc.constantFrom('run', 'settle', 'stream', 'ordered'),
  input: fc.constantFrom('sync', 'async'),
  concurrency: fc.integer({ min: 1, max: 4 }),
  room: fc.integer({ min: 0, max: 5 }),
  programs: fc.array(program, { maxLength: 16 }),
  someFail: fc.boolean(),
  /** After how many moves the signal aborts, the input breaks, the consumer leaves. */
  abortAt: perhaps(fc.nat(40)),
  breakAt: perhaps(fc.nat(16)),
  leaveAt: perhaps(fc.nat(16)),
  /** Which of the open gates opens next. */
  picks: fc.infiniteStream(fc.nat()),
});
type Schedule = (typeof schedule extends fc.Arbitrary<infer T> ? T : never) & { picks: Iterator<number> };

const ABORT = { reason: 'abort' };
const BROKEN = new Error('the input is broken');

/** Plays one schedule: everything that takes time waits at a gate, and gates open one at a time. */
class Play {
  readonly gates: Deferred<void>[] = [];
  readonly controller = new AbortController();
  readonly input = { pulled: 0, pulling: 0, closed: 0, ended: false };
  readonly started: number[] = [];
  readonly thrown: unknown[] = [];
  state: StepContext['run'] | undefined;
  consumed = 0;
  /** Promises that were broken at some moment. */
  readonly broken = new Set<string>();
  /** Steps that are between start and end and not in a wait. */
  private active = 0;

  constructor(private readonly plan: Schedule) {}

  get maxPending(): number {
    return this.plan.concurrency + this.plan.room;
  }

  async play(): Promise<Result> {
    let result: Result | undefined;
    this.call().then(
      (outcomes) => {
        result = { state: 'returned', outcomes };
      },
      (error) => {
        result = { state: 'threw', error };
      },
    );
    for (let move = 0; ; move++) {
      await quiet();
      this.checkBounds();
      if (result !== undefined) return result;
      if (move === this.plan.abortAt) this.controller.abort(ABORT);
      else if (this.gates.length > 0) this.openOne();
      else throw new Error('nothing moves any more');
    }
  }

  private openOne(): void {
    const pick = this.plan.picks.next().value % this.gates.length;
    this.gates.splice(pick, 1)[0]!.resolve();
  }

  private gate(): Promise<void> {
    const gate = deferred();
    this.gates.push(gate);
    return gate.promise;
  }

  private async call(): Promise<unknown[]> {
    const { call, concurrency } = this.plan;
    const options = { concurrency, maxPending: this.maxPending, signal: this.controller.signal };
    if (call === 'run') return runConcurrent(this.inputs(), this.step, options);
    if (call === 'settle') return settleConcurrent(this.inputs(), this.step, options);
    return this.consume(
      streamConcurrent(this.inputs(), this.step, { ...options, ordered: call === 'ordered' }),
    );
  }

  private async consume(stream: AsyncIterable<Outcome<number>>): Promise<unknown[]> {
    const outcomes: Outcome<number>[] = [];
    for await (const outcome of stream) {
      outcomes.push(outcome);
      await this.gate();
      if (outcomes.length - 1 === this.plan.leaveAt) break;
      this.consumed++;
    }
    return outcomes;
  }

  private inputs(): Inputs<number> {
    const close = () => {
      this.must(!this.input.ended, 'an input that has ended is not closed');
      this.input.closed++;
      return { done: true as const, value: undefined };
    };
    if (this.plan.input === 'sync')
      return { [Symbol.iterator]: () => ({ next: () => this.pull(), return: close }) };
    const next = async () => {
      this.must(++this.input.pulling === 1, 'one next() at a time');
      await this.gate();
      this.input.pulling--;
      return this.pull();
    };
    return { [Symbol.asyncIterator]: () => ({ next, return: async () => close() }) };
  }

  private pull(): IteratorResult<number, undefined> {
    const { pulled } = this.input;
    const isBroken = pulled === this.plan.breakAt;
    this.input.ended = isBroken || pulled === this.plan.programs.length;
    if (isBroken) throw BROKEN;
    if (this.input.ended) return { done: true, value: undefined };
    return { value: this.input.pulled++ };
  }

  private readonly step = async (item: number, context: StepContext): Promise<number> => {
    const { phases, fails, readsSignal } = this.plan.programs[item]!;
    this.started.push(item);
    this.state = context.run;
    this.resume(context);
    try {
      for (const phase of phases) {
        if (readsSignal) context.signal.throwIfAborted();
        if (phase.kind === 'work') await this.gate();
        else await this.waitOutside(phase.cause, phase.rejects, context);
      }
      if (fails && this.plan.someFail) throw new Error(`item ${item} failed`);
      return 10 * item;
    } catch (error) {
      this.thrown.push(error);
      throw error;
    } finally {
      this.active--;
    }
  };

  private async waitOutside(
    cause: (typeof CAUSES)[number],
    rejects: boolean,
    context: StepContext,
  ): Promise<void> {
    this.active--;
    const wait = () =>
      this.gate().then(() => (rejects ? Promise.reject(new Error('the wait failed')) : undefined));
    try {
      await context.waitOutsideSlot(cause, wait);
    } catch (error) {
      const isItsOwn = (error as Error).message === 'the wait failed';
      this.must(isItsOwn || error === context.signal.reason, 'a wait ends as it does, or with the reason');
    } finally {
      this.resume(context);
    }
  }

  private resume(context: StepContext): void {
    this.active++;
    if (this.active > this.plan.concurrency)
      this.must(context.signal.aborted, 'no more than concurrency run');
    this.checkBounds();
  }

  /** What holds at every moment, also while the run winds down. */
  private checkBounds(): void {
    if (this.state === undefined) return;
    const { queued, running, waiting, done, failed } = this.state;
    this.must(running <= this.plan.concurrency, 'running is within concurrency');
    const unsettled = queued + running + Object.values(waiting).reduce((sum, count) => sum + count);
    this.must(unsettled <= this.maxPending, 'all that is unsettled is within maxPending');
    const isStream = this.plan.call === 'stream' || this.plan.call === 'ordered';
    const finished = isStream ? this.consumed : done + failed;
    this.must(this.input.pulled - finished <= this.maxPending, 'all that is unfinished is within maxPending');
  }

  private must(holds: boolean, promise: string): void {
    if (!holds) this.broken.add(promise);
  }
}

type Result = { state: 'returned'; outcomes: unknown[] } | { state: 'threw'; error: unknown };

function checkEnd(play: Play, plan: Schedule): void {
  expect([...play.broken]).toEqual([]);
  expect(getEventListeners(play.controller.signal, 'abort')).toEqual([]);
  expect(play.started).toEqual([...new Set(play.started)].sort((a, b) => a - b));
  const { state, started } = play;
  if (state !== undefined) {
    expect(state).toMatchObject({ queued: 0, running: 0, done: started.length - play.thrown.length });
    expect(state.failed).toBe(play.thrown.length);
    expect(Object.values(state.waiting)).toEqual(CAUSES.map(() => 0));
  }
  const isOpened = play.input.pulled > 0 || play.input.pulling > 0 || play.input.ended;
  const { closed, ended } = play.input;
  expect(closed).toBeLessThanOrEqual(1);
  if (isOpened) expect(closed === 1 || ended).toBe(true);
  // All gates but that of a pull which is still under way were needed and have opened.
  expect(play.gates.length).toBe(plan.input === 'async' && play.input.pulling === 1 ? 1 : 0);
}

function expectedOutcome(plan: Schedule, index: number): unknown {
  const head = { index, key: String(index), attempts: 1 };
  const fails = plan.someFail && plan.programs[index]!.fails;
  if (!fails) return { ...head, state: 'done', value: 10 * index };
  return { ...head, state: 'failed', error: expect.objectContaining({ message: `item ${index} failed` }) };
}

function checkResult(result: Result, play: Play, plan: Schedule): void {
  if (result.state === 'threw') {
    const reasons = [ABORT, BROKEN, ...(plan.call === 'run' ? play.thrown.slice(0, 1) : [])];
    expect(reasons.some((reason) => reason === result.error)).toBe(true);
    if (result.error === ABORT) expect(play.controller.signal.aborted).toBe(true);
    return;
  }
  const { outcomes } = result;
  const isStream = plan.call === 'stream' || plan.call === 'ordered';
  const hasLeft = isStream && plan.leaveAt !== null && outcomes.length === plan.leaveAt + 1;
  if (!hasLeft) expect(outcomes.length).toBe(plan.programs.length);
  if (plan.call === 'run') {
    expect(outcomes).toEqual(plan.programs.map((_program, index) => 10 * index));
    return;
  }
  const indices = (outcomes as Outcome<number>[]).map(({ index }) => index);
  if (plan.call !== 'stream') expect(indices).toEqual(indices.map((_index, place) => place));
  expect(new Set(indices).size).toBe(indices.length);
  expect(outcomes).toEqual(indices.map((index) => expectedOutcome(plan, index)));
}

it('keeps its promises in random schedules of work, waits, errors and early ends', {
  timeout: 60_000,
}, async () => {
  await fc.assert(
    fc.asyncProperty(schedule, async (plan) => {
      const play = new Play(plan as Schedule);
      const result = await play.play();
      await quiet();
      checkEnd(play, plan as Schedule);
      checkResult(result, play, plan as Schedule);
    }),
    { numRuns: 1000 },
  );
});
