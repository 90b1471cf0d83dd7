import { type Clock, systemClock } from '../../shared/clock.js';
import type { Gate, Permit } from './gate.js';
import { WaitingLine } from './waiting-line.js';

/** So many calls at once. */
export class ConcurrencyLimit implements Gate {
  readonly cause = 'connection';
  readonly line: WaitingLine;
  private running = 0;

  /** @param most - how many calls may be under way */
  constructor(
    private most: number,
    clock: Clock = systemClock,
  ) {
    this.line = new WaitingLine(clock);
  }

  get limit(): number {
    return this.most;
  }

  /** Calls above a smaller limit go on; new ones wait until there are fewer. */
  set limit(most: number) {
    this.most = most;
    this.line.retry();
  }

  /** How many calls are under way. */
  get active(): number {
    return this.running;
  }

  waitMs(): number {
    return this.running < this.most ? 0 : Number.POSITIVE_INFINITY;
  }

  take(): Permit {
    this.running++;
    return {
      end: () => {
        this.running--;
        this.line.retry();
      },
    };
  }
}
