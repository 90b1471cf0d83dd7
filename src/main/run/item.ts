import type { MillraceError } from '../../shared/errors.js';
import type { RunAbort } from './run-abort.js';
import type { Place, RunCounts, RunState, WaitCause } from './run-state.js';
import type { Slots } from './slots.js';
import type { AttemptReport, StepContext } from './step.js';

/** An item that waits outside of its slot. */
export interface Waiting {
  /** Whether it waits to be let through for the first time, so that surely nothing was sent. */
  readonly isUnbegun: boolean;
  /** Ends the wait with this reason, if it listens to the item's signal. */
  end(reason: MillraceError): void;
}

/** Whoever waits for these has sent nothing yet, if it is the first attempt. */
const UNSENT: ReadonlySet<Place | 'settled'> = new Set(['limiter', 'breaker', 'coalesced']);

/** What the items of a run share. */
export interface ItemHost {
  readonly counts: RunCounts;
  readonly slots: Slots;
  readonly abort: RunAbort;
  /** An item gave its slot away, and waits. */
  wentOutside(item: Waiting): void;
  cameBack(item: Waiting): void;
}

/**
 * An item from its admission until it is settled; to its step, the context.
 *
 * ```
 *   queued ──start(), or a slot again──▶ running ──settle()──▶ settled
 *      ▲                                    │
 *      └── its waits are over ── outside ◀──┘ waitOutsideSlot(cause)
 * ```
 *
 * A step may end without awaiting its waits: it is settled from wherever it is.
 */
export class Item<I> implements StepContext, Waiting {
  attempt = 1;
  private place: Place | 'settled' = 'queued';
  private waits = 0;
  private controller: AbortController | undefined;

  constructor(
    private readonly host: ItemHost,
    readonly input: I,
    readonly index: number,
    readonly key: string,
    readonly priority: number,
  ) {
    host.counts.enter('queued');
  }

  get signal(): AbortSignal {
    this.controller ??= this.host.abort.lease();
    return this.controller.signal;
  }

  get run(): RunState {
    return this.host.counts;
  }

  /** A getter, so that it survives destructuring. */
  get waitOutsideSlot() {
    return <T>(cause: WaitCause, wait: () => Promise<T>): Promise<T> => this.wait(cause, wait);
  }

  /** A getter, so that it survives destructuring. */
  get report() {
    return ({ attempt }: AttemptReport): void => {
      if (attempt !== undefined) this.attempt = attempt;
    };
  }

  start(): void {
    this.host.slots.take();
    this.move('running');
  }

  /** Whether it was ended while it waited to be let through for the first time, so that surely nothing was sent. */
  isUnsent = false;

  get isUnbegun(): boolean {
    return this.attempt === 1 && (this.place === 'limiter' || this.place === 'breaker');
  }

  end(reason: MillraceError): void {
    this.isUnsent = this.attempt === 1 && UNSENT.has(this.place);
    this.controller ??= this.host.abort.lease();
    this.controller.abort(reason);
  }

  /** Its end; its signal no longer aborts with the run. Returns whether it held a slot, which is to be released. */
  settle(): boolean {
    if (this.controller !== undefined) this.host.abort.release(this.controller);
    const heldSlot = this.place === 'running';
    this.move('settled');
    return heldSlot;
  }

  private async wait<T>(cause: WaitCause, wait: () => Promise<T>): Promise<T> {
    this.host.abort.throwIfAborted();
    this.waits++;
    if (this.place === 'running') {
      this.move(cause);
      this.host.wentOutside(this);
      this.host.slots.release();
    }
    try {
      return await wait();
    } finally {
      this.waits--;
      if (this.waits === 0) await this.comeBack();
    }
  }

  private async comeBack(): Promise<void> {
    const { abort, slots } = this.host;
    const isOutside = this.place !== 'running' && this.place !== 'queued' && this.place !== 'settled';
    if (!isOutside || abort.aborted) return;
    this.host.cameBack(this);
    this.move('queued');
    if (!(await slots.retake())) return;
    // Its step may have ended meanwhile.
    if (this.place === 'queued') this.move('running');
    else slots.release();
  }

  private move(to: Place | 'settled'): void {
    if (this.place !== 'settled') this.host.counts.leave(this.place);
    this.place = to;
    if (to !== 'settled') this.host.counts.enter(to);
  }
}
