import { ageingKey } from '../../shared/ageing.js';
import { asMillraceError, MillraceError } from '../../shared/errors.js';
import { PriorityQueue } from '../../shared/priority-queue.js';
import { InputCursor } from './input-cursor.js';
import { Item, type ItemHost, type Waiting } from './item.js';
import { Journal } from './journal.js';
import { journaled } from './journaled-step.js';
import { RunAbort } from './run-abort.js';
import type { RunPlan } from './run-options.js';
import { RunCounts } from './run-state.js';
import { Slots } from './slots.js';
import type { Inputs, Outcome, Step } from './step.js';

/**
 * Receives each outcome while the run goes on, and `release()`s it when it no longer counts as pending. `thrown`
 * is what the step of a failed item threw, as it was.
 */
type OutcomeSink<O> = (outcome: Outcome<O>, thrown: unknown) => void;

type Ending<O> = { value: O } | { thrown: unknown };

/**
 * What all three calls share. It pulls an item when a slot is free and `maxPending` leaves room, runs the step,
 * and hands the outcome to the sink. It stops early on an abort, an error of the input or of a callback,
 * `fail()` and `leave()`; it ends when all that it started has settled.
 */
export class Engine<I, O> implements ItemHost {
  readonly counts: RunCounts;
  readonly abort = new RunAbort();
  readonly slots: Slots;
  private readonly step: Step<I, O>;
  private journal: Journal | undefined;
  private readonly input: InputCursor<I>;
  /** How many items were admitted so far, which is the index of the next one. */
  private admitted = 0;
  /** Admitted and not settled. */
  private unsettled = 0;
  /** Admitted and not released. */
  private pending = 0;
  /** Admitted, and not started: by priority, else because somebody who came back took the slot. */
  private readonly ready = new PriorityQueue<Item<I>>();
  /** Those that wait outside of their slots. */
  private readonly outside = new Set<Waiting>();
  /** What ended the admission, and with it the run, for every item that has not started. */
  private closing: MillraceError | undefined;
  /** Once it is closing: whether an item that waits outside is ended. */
  private endsWait = (_item: Waiting): boolean => true;
  private missing: MillraceError | undefined;
  private isPumping = false;
  private failure: { error: unknown } | undefined;
  private markIdle = () => {};
  private readonly idle = new Promise<void>((resolve) => {
    this.markIdle = resolve;
  });

  constructor(
    private readonly plan: RunPlan<I>,
    inputs: Inputs<I>,
    step: Step<I, O>,
    private readonly sink: OutcomeSink<O>,
  ) {
    this.input = new InputCursor(inputs, {
      item: (input) => this.admit(input),
      end: () => this.checkIdle(),
      failed: (error) => this.fail(error),
    });
    this.counts = new RunCounts(plan.concurrency, this.input.total);
    const measured = plan.metrics?.measure(step) ?? step;
    this.step = plan.journal === undefined ? measured : journaled(measured, () => this.journal!);
    this.slots = new Slots(plan.concurrency, () => this.pump());
  }

  /** Runs to the end, once. Rejects with the first reason for which it failed. */
  async run(): Promise<void> {
    const { signal, drain } = this.plan;
    signal?.throwIfAborted();
    const onAbort = () => this.fail(signal?.reason);
    signal?.addEventListener('abort', onAbort, { once: true });
    const onDrain = () => this.drain(drain?.reason);
    drain?.addEventListener('abort', onDrain, { once: true });
    this.plan.metrics?.runBegan(this.counts);
    try {
      if (this.plan.journal !== undefined) this.journal = await Journal.open(this.plan.journal);
      this.reportProgress();
      this.input.open();
      if (drain?.aborted) onDrain();
      this.pump();
      await this.idle;
      await this.input.close();
    } catch (error) {
      this.failure ??= { error };
    } finally {
      signal?.removeEventListener('abort', onAbort);
      drain?.removeEventListener('abort', onDrain);
      this.plan.metrics?.runEnded(this.counts);
      await this.journal?.[Symbol.asyncDispose]();
    }
    if (this.failure !== undefined) throw this.failure.error;
  }

  /** The error of the first item that was not run; also if the input was closed before it told of all its items. */
  get cutShort(): MillraceError | undefined {
    return this.missing;
  }

  /** An outcome was consumed: it is no longer pending. */
  release(): void {
    this.pending--;
    this.checkIdle();
    this.pump();
  }

  /** Stops the run, which then rejects with `error`. */
  fail(error: unknown): void {
    if (!this.abort.aborted) this.failure = { error };
    this.leave(error);
  }

  /** Stops the run: aborts what runs, with this reason, and starts nothing more. Only the first stop counts. */
  leave(reason: unknown): void {
    if (this.abort.aborted) return;
    this.abort.abort(reason);
    this.slots.dismiss();
    for (let item = this.ready.shift(); item !== undefined; item = this.ready.shift()) {
      item.settle();
      this.unsettled--;
    }
    this.checkIdle();
  }

  /** Told by an item that gives its slot away. */
  wentOutside(item: Waiting): void {
    this.outside.add(item);
    if (this.closing !== undefined && this.endsWait(item)) item.end(this.closing);
  }

  cameBack(item: Waiting): void {
    this.outside.delete(item);
  }

  /** Starts what can start. Steps may call back into it, which must not nest. */
  private pump(): void {
    if (this.isPumping) return;
    this.isPumping = true;
    while (!this.abort.aborted) {
      const wants = this.closing !== undefined || this.plan.priorityOf !== undefined || this.ready.size === 0;
      if (wants && this.canPull()) this.input.pull();
      else if (this.slots.free > 0 && this.ready.size > 0) this.start(this.ready.shift()!);
      else break;
    }
    this.isPumping = false;
  }

  /** Without priorities an item is pulled only when it can start. */
  private canPull(): boolean {
    if (!this.input.canPull || this.pending >= this.plan.maxPending) return false;
    return this.closing !== undefined || this.plan.priorityOf !== undefined || this.slots.free > 0;
  }

  private admit(input: I): void {
    const index = this.admitted++;
    const key = this.plan.keyOf(input, index);
    const priority = this.plan.priorityOf?.(input, index) ?? 0;
    if (this.abort.aborted) return;
    this.pending++;
    if (this.closing !== undefined) {
      this.publishNotRun(index, key);
      return;
    }
    this.unsettled++;
    const item = new Item(this, input, index, key, priority);
    this.ready.push(
      item,
      this.plan.priorityOf === undefined ? index : ageingKey(performance.now(), priority),
    );
    this.pump();
  }

  private start(item: Item<I>): void {
    item.start();
    void this.work(item);
  }

  /**
   * No call can succeed any more: starts nothing, ends what waits outside, lets what runs run to its end, and lists
   * what is left of an input whose length is known.
   */
  private closeAdmission(error: MillraceError, endsWait: (item: Waiting) => boolean): void {
    this.endsWait = endsWait;
    const isClosed = this.closing !== undefined;
    this.closing ??= error;
    for (const item of this.outside) if (endsWait(item)) item.end(this.closing);
    if (isClosed) return;
    for (let item = this.ready.shift(); item !== undefined; item = this.ready.shift()) {
      item.settle();
      this.unsettled--;
      this.publishNotRun(item.index, item.key);
    }
    if (this.input.total !== undefined) {
      this.pump();
      this.checkIdle();
      return;
    }
    if (!this.input.ended) this.missing ??= this.notRun();
    this.input.close().then(
      () => this.checkIdle(),
      (reason) => this.fail(reason),
    );
  }

  /** Lets what has begun go on to its end, and starts nothing more. */
  private drain(cause: unknown): void {
    // Before the input is open there is nothing to close: it is looked at again then.
    if (this.abort.aborted || !this.input.isOpen) return;
    const error = new MillraceError('MILLRACE_NOT_RUN', 'it was asked to drain', { scope: 'run', cause });
    this.closeAdmission(error, (item) => item.isUnbegun);
  }

  private notRun(): MillraceError {
    return new MillraceError('MILLRACE_NOT_RUN', `the run ended before: ${this.closing!.message}`, {
      scope: 'run',
      sent: false,
      cause: this.closing,
    });
  }

  private publishNotRun(index: number, key: string): void {
    const error = this.notRun();
    this.missing ??= error;
    this.counts.notRun++;
    this.tell({ index, key, attempts: 0, state: 'notRun', error }, error);
  }

  private async work(item: Item<I>): Promise<void> {
    const { step } = this;
    let ending: Ending<O>;
    try {
      ending = { value: await step(item.input, item) };
    } catch (thrown) {
      ending = { thrown };
    }
    this.settle(item, ending);
  }

  private settle(item: Item<I>, ending: Ending<O>): void {
    const isUnstarted =
      'thrown' in ending && this.closing !== undefined && ending.thrown === this.closing && item.isUnsent;
    if (!isUnstarted) this.counts['value' in ending ? 'done' : 'failed']++;
    const heldSlot = item.settle();
    this.outside.delete(item);
    if (!this.abort.aborted) {
      if (isUnstarted) this.publishNotRun(item.index, item.key);
      else this.publish(item, ending);
    }
    this.unsettled--;
    if (heldSlot) this.slots.release();
    this.checkIdle();
  }

  private publish(item: Item<I>, ending: Ending<O>): void {
    const { index, key, attempt: attempts } = item;
    if ('value' in ending) {
      this.tell({ index, key, attempts, state: 'done', value: ending.value }, undefined);
      return;
    }
    const error = asMillraceError(ending.thrown);
    const observe = () => this.plan.onError?.(item.input, error);
    this.tell({ index, key, attempts, state: 'failed', error }, ending.thrown, observe);
    if (error.scope === 'run' && !this.abort.aborted) this.closeAdmission(error, () => true);
  }

  /** Callbacks may throw, which stops the run. */
  private tell(outcome: Outcome<O>, thrown: unknown, observe = () => {}): void {
    try {
      observe();
      this.sink(outcome, thrown);
      this.reportProgress();
    } catch (error) {
      this.fail(error);
    }
  }

  private reportProgress(): void {
    const { progress, label } = this.plan;
    if (progress === undefined) return;
    const { total } = this.input;
    const done = this.counts.done + this.counts.failed + this.counts.notRun;
    progress({ label, done, ...(total === undefined ? {} : { total }), unit: 'items' });
  }

  private checkIdle(): void {
    const isConsumed = this.input.ended && this.pending === 0;
    if (this.unsettled === 0 && (isConsumed || this.abort.aborted)) this.markIdle();
  }
}
