import type { TransferListItem } from 'node:worker_threads';
import type { MillraceError } from '../../shared/errors.js';
import type { TaskEnvelope, TaskReply } from '../../shared/worker-task.js';

/** What a piece of work sends to the worker that gets it. */
export interface Dispatch {
  envelope: TaskEnvelope<unknown>;
  transfer: readonly TransferListItem[];
}

/** The control words of the pool and the one that belongs to a running task. */
export type ControlSlot = Pick<TaskEnvelope<unknown>, 'control' | 'slot'>;

/**
 * Something that the pool can give a thread to: a task, or a divisible job, which takes as many as it may have.
 * The pool decides when; the work knows what to send and what its end means.
 */
export interface Work {
  /** Lower numbers go first. */
  readonly priority: number;
  /** The job's name: also the worker's file. */
  readonly job: string;
  /** Whether it gives a thread back between tiles when asked. */
  readonly divisible: boolean;
  /** Whether cancellation may have to end the thread, as a last resort. */
  readonly abortable: boolean;
  /** How many threads work for it now. */
  readonly threads: number;
  /** Whether one more thread would have something to do. */
  wantsThread(): boolean;
  /** Takes a thread. */
  start(control: ControlSlot): Dispatch;
  /** The worker of `slot` answered. */
  finish(slot: number, reply: TaskReply<unknown>): void;
  /** The worker of `slot` died, or the message never reached it. */
  crash(slot: number, error: MillraceError): void;
}

/** How a task or job ended, told to the pool for its statistics. */
export interface WorkTimes {
  outcome: 'completed' | 'failed';
  queueWaitMs: number;
  /** Absent if it never got a thread. */
  runMs: number | undefined;
}

/** What a piece of work needs of its pool. */
export interface WorkHost {
  /** Asks every thread that works for `work` to stop; threads that don't listen are ended after a grace. */
  cancel(work: Work): void;
  settled(work: Work, times: WorkTimes): void;
}
