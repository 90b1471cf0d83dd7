import { CANCEL, GO_ON, YIELD } from '../../shared/task-control.js';
import type { ControlSlot, Work } from './work.js';

/** A cancelled task that is still running after this is ended with its thread. */
const CANCEL_GRACE_MS = 100;

/** Work on one thread. */
export interface Running extends ControlSlot {
  readonly work: Work;
  /** Ends the thread. */
  readonly kill: AbortController | undefined;
  yielding: boolean;
  killTimer: NodeJS.Timeout | undefined;
}

/** Which work runs on how many threads, and the words in shared memory by which it is told to yield or to stop. */
export class ThreadControl {
  private readonly control: Int32Array;
  private readonly running = new Set<Running>();
  private readonly freeSlots: number[] = [];

  /** @param slots - threads that may run at once, also while their number is changed */
  constructor(slots: number) {
    this.control = new Int32Array(new SharedArrayBuffer(slots * Int32Array.BYTES_PER_ELEMENT));
  }

  /** Threads that are at work. */
  get size(): number {
    return this.running.size;
  }

  /** What they work on: several of them may work on the same. */
  works(): Set<Work> {
    return new Set([...this.running].map(({ work }) => work));
  }

  begin(work: Work): Running {
    const { control } = this;
    const slot = this.freeSlots.pop() ?? this.running.size;
    const kill = work.abortable ? new AbortController() : undefined;
    const running: Running = { work, control, slot, kill, yielding: false, killTimer: undefined };
    Atomics.store(control, slot, GO_ON);
    this.running.add(running);
    return running;
  }

  end(running: Running): void {
    clearTimeout(running.killTimer);
    this.running.delete(running);
    this.freeSlots.push(running.slot);
  }

  /**
   * Asks divisible work to make way, one copy at a time for what waits, and as many as there are threads too many.
   *
   * @param makesWay - whether work goes after what waits first; undefined if nothing waits
   */
  askToYield(makesWay: ((work: Work) => boolean) | undefined, excess: number): void {
    if (excess <= 0 && makesWay === undefined) return;
    let wanted = Math.max(excess, 1);
    for (const running of this.running) if (running.yielding) wanted--;
    for (const running of this.running) {
      if (wanted <= 0) return;
      const mayYield = running.work.divisible && !running.yielding;
      if (!mayYield || (excess <= 0 && makesWay?.(running.work) === false)) continue;
      running.yielding = true;
      Atomics.compareExchange(this.control, running.slot, GO_ON, YIELD);
      wanted--;
    }
  }

  /** Tells all threads that work on it to stop, and ends those that don't. */
  cancel(work: Work): void {
    for (const running of this.running) {
      if (running.work !== work) continue;
      Atomics.store(this.control, running.slot, CANCEL);
      running.killTimer = setTimeout(() => running.kill?.abort(), CANCEL_GRACE_MS);
    }
  }
}
