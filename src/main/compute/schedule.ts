import { PriorityQueue } from '../../shared/priority-queue.js';
import type { Work } from './work.js';

/**
 * Who gets the next thread: those who have none wait in line, by priority, first in, first out inside one. A
 * divisible job that has a thread left the line, and takes more only if nobody of its priority or above waits.
 */
export class Schedule {
  private readonly line = new PriorityQueue<Work>();
  /** Divisible jobs that have a thread. */
  private readonly sharers = new Set<Work>();

  /** Puts work that has no thread at the end of the line. */
  add(work: Work): void {
    this.line.push(work, work.priority);
  }

  /** Whom a free thread should go to; it is no longer in line. */
  next(): Work | undefined {
    const head = this.head();
    let best: Work | undefined;
    for (const job of this.sharers) {
      if ((best === undefined || job.priority < best.priority) && job.wantsThread()) best = job;
    }
    if (best !== undefined && (head === undefined || best.priority < head.priority)) return best;
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

  /** Work lost a thread. If it was the last one and it isn't done, it waits in line again. */
  threadEnded(work: Work): void {
    if (work.threads === 0 && this.sharers.delete(work)) this.add(work);
  }

  /** Work was settled and wants no thread any more. */
  remove(work: Work): void {
    this.sharers.delete(work);
  }
}
