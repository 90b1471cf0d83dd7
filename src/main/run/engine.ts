import { asMillraceError } from '../../shared/errors.js';
import { InputCursor } from './input-cursor.js';
import { Item, type ItemHost } from './item.js';
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
  readonly counts = new RunCounts();
  readonly abort = new RunAbort();
  readonly slots: Slots;
  private readonly input: InputCursor<I>;
  /** How many items were admitted so far, which is the index of the next one. */
  private admitted = 0;
  /** Admitted and not settled. */
  private unsettled = 0;
  /** Admitted and not released. */
  private pending = 0;
  /** Admitted, but somebody who came back took the slot. */
  private newcomer: Item<I> | undefined;
  private isPumping = false;
  private failure: { error: unknown } | undefined;
  private markIdle = () => {};
  private readonly idle = new Promise<void>((resolve) => {
    this.markIdle = resolve;
  });

  constructor(
    private readonly plan: RunPlan<I>,
    private readonly inputs: Inputs<I>,
    private readonly step: Step<I, O>,
    private readonly sink: OutcomeSink<O>,
  ) {
    this.slots = new Slots(plan.concurrency, () => this.pump());
    this.input = new InputCursor(inputs, {
      item: (input) => this.admit(input),
      end: () => this.checkIdle(),
      failed: (error) => this.fail(error),
    });
  }

  /** Runs to the end, once. Rejects with the first reason for which it failed. */
  async run(): Promise<void> {
    const { signal } = this.plan;
    signal?.throwIfAborted();
    const onAbort = () => this.fail(signal?.reason);
    signal?.addEventListener('abort', onAbort, { once: true });
    try {
      this.reportProgress();
      this.input.open();
      this.pump();
      await this.idle;
      await this.input.close();
    } catch (error) {
      this.failure ??= { error };
    } finally {
      signal?.removeEventListener('abort', onAbort);
    }
    if (this.failure !== undefined) throw this.failure.error;
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
    if (this.newcomer !== undefined) {
      this.newcomer.settle();
      this.newcomer = undefined;
      this.unsettled--;
    }
    this.checkIdle();
  }

  /** Starts what can start. Steps may call back into it, which must not nest. */
  private pump(): void {
    if (this.isPumping) return;
    this.isPumping = true;
    while (this.slots.free > 0 && !this.abort.aborted) {
      if (this.newcomer !== undefined) this.start(this.newcomer);
      else if (this.input.canPull && this.pending < this.plan.maxPending) this.input.pull();
      else break;
    }
    this.isPumping = false;
  }

  private admit(input: I): void {
    const index = this.admitted++;
    const key = this.plan.keyOf(input, index);
    if (this.abort.aborted) return;
    this.newcomer = new Item(this, input, index, key);
    this.unsettled++;
    this.pending++;
    this.pump();
  }

  private start(item: Item<I>): void {
    this.newcomer = undefined;
    item.start();
    void this.work(item);
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
    if ('value' in ending) this.counts.done++;
    else this.counts.failed++;
    const heldSlot = item.settle();
    if (!this.abort.aborted) this.publish(item, ending);
    this.unsettled--;
    if (heldSlot) this.slots.release();
    this.checkIdle();
  }

  private publish({ index, key, attempt: attempts, input }: Item<I>, ending: Ending<O>): void {
    try {
      if ('value' in ending) {
        this.sink({ index, key, attempts, state: 'done', value: ending.value }, undefined);
      } else {
        const error = asMillraceError(ending.thrown);
        this.plan.onError?.(input, error);
        this.sink({ index, key, attempts, state: 'failed', error }, ending.thrown);
      }
      this.reportProgress();
    } catch (error) {
      this.fail(error);
    }
  }

  private reportProgress(): void {
    const { progress, label } = this.plan;
    if (progress === undefined) return;
    const total = totalOf(this.inputs);
    const done = this.counts.done + this.counts.failed;
    progress({ label, done, ...(total === undefined ? {} : { total }), unit: 'items' });
  }

  private checkIdle(): void {
    const isConsumed = this.input.ended && this.pending === 0;
    if (this.unsettled === 0 && (isConsumed || this.abort.aborted)) this.markIdle();
  }
}

/** How many items there are, where the input tells. (A string's length is no count of its items.) */
function totalOf(inputs: object): number | undefined {
  const { length, size } = inputs as { length?: unknown; size?: unknown };
  const total = length ?? size;
  return typeof inputs === 'object' && typeof total === 'number' ? total : undefined;
}
