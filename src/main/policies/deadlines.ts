import type { Clock } from '../../shared/clock.js';

interface Deadline {
  readonly due: number;
  readonly callback: () => void;
}

/** Deadlines that are all equally far away: the first set is the first due, and one timer serves them all. */
export class Deadlines {
  /** In the order in which they fall due. */
  private readonly open = new Set<Deadline>();
  private cancelTimer: (() => void) | undefined;

  constructor(
    private readonly delayMs: number,
    private readonly clock: Clock,
  ) {}

  /** Calls back when the time is over, unless the function returned was called before. */
  set(callback: () => void): () => void {
    const deadline = { due: this.clock.now() + this.delayMs, callback };
    this.open.add(deadline);
    if (this.cancelTimer === undefined) this.arm(deadline);
    return () => this.drop(deadline);
  }

  /** Without anybody left there is no timer. */
  private drop(deadline: Deadline): void {
    this.open.delete(deadline);
    if (this.open.size > 0) return;
    this.cancelTimer?.();
    this.cancelTimer = undefined;
  }

  private arm(first: Deadline): void {
    this.cancelTimer = this.clock.schedule(() => this.fire(), first.due - this.clock.now());
  }

  private fire(): void {
    this.cancelTimer = undefined;
    const now = this.clock.now();
    for (const deadline of this.open) {
      if (deadline.due > now) {
        if (this.cancelTimer === undefined) this.arm(deadline);
        break;
      }
      this.open.delete(deadline);
      deadline.callback();
    }
  }
}
