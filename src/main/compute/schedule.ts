import { ageingKey } from '../../shared/ageing.js';
import { type Clock, systemClock } from '../../shared/clock.js';
import { PriorityQueue } from '../../shared/priority-queue.js';
import type { Work } from './work.js';

/**
 * Who gets the next thread: those who have none wait in line, by priority, first in, first out inside one, and gain a
 * level a second like the items of a run, so that nobody waits for ever. A divisible job that has a thread left the line.
 * It counts as if it came now: it takes more threads only if nobody waits of its priority or above, or has for so long.
 */
export class Schedule {
  private readonly line = new PriorityQueue<Work>();
  /** Divisible jobs that have a thread. */
  private readonly sharers = new Set<Work>();

  constructor(private readonly clock: Clock = systemClock) {}

  /** Puts work that has no thread at the end of the line. */
  add(work: Work): void {
    this.line.push(work, ageingKey(this.clock.now(), work.priority));
  }

  /** Whom a free thread should go to; it is no longer in line. */
  next(): Work | undefined {
    const head = this.head();
    let best: Work | undefined;
    for (const job of this.sharers) {
      if ((best === undefined || job.priority < best.priority) && job.wantsThread()) best = job;
    }
    if (best !== undefined && (head === undefined || !this.makesWay(best))) return best;
    this.line.shift();
    if (head?.divisible) this.sharers.add(head);
    return head;
  }

  /** Who is first in line. Work that has been settled while it waited is passed over. */
  head(): Work | undefined {
    let head = this.line.peek();
    while (head !== undefined && !head.wantsThread()) {
      this.line.shift();
      head = this.line.peek();
    }
    return head;
  }

  /** Whether work that has threads goes after whoever is first in line. */
  makesWay(work: Work): boolean {
    return this.makesWayIn(work) <= 0;
  }

  /** In how many milliseconds it does, if whoever is first in line keeps waiting; infinite if nobody waits. */
  makesWayIn(work: Work): number {
    if (this.head() === undefined) return Number.POSITIVE_INFINITY;
    return this.line.peekKey()! - ageingKey(this.clock.now(), work.priority);
  }

  /** Work lost a thread. If it was the last one and it isn't done, it waits in line again. */
  threadEnded(work: Work): void {
    if (work.threads === 0 && this.sharers.delete(work)) this.add(work);
  }

  /** Work was settled and wants no thread any more. */
  remove(work: Work): void {
    this.sharers.delete(work);
  }
}
