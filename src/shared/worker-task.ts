import type { MessagePort, TransferListItem } from 'node:worker_threads';
import { packError, type TransportedError } from './error-transport.js';
import { MillraceError } from './errors.js';
import type {
  DivisibleInput,
  DivisibleJobName,
  DivisiblePart,
  JobInput,
  JobName,
  JobOutput,
} from './job-map.js';
import type { SharedCache } from './shared-cache.js';
import { CANCEL, GO_ON } from './task-control.js';
import { TileLedger } from './tile-ledger.js';

/** What the pool sends to a worker along with the input of a task. */
export interface TaskEnvelope<I> {
  input: I;
  /** The control words of the pool, and which of them is this task's. */
  control: Int32Array;
  slot: number;
}

/** What the pool sends to each copy of a divisible job. */
export interface CopyEnvelope<I> extends TaskEnvelope<I> {
  /** This copy's mark in the ledger, from 1. */
  copy: number;
  /** Which of the job's places for copies this one has, from 0: copies that run at once differ in it. */
  lane: number;
  ledger: SharedArrayBuffer;
  port: MessagePort;
}

/** What comes back from a worker: errors as data, since structured clone would drop half of them. */
export type TaskReply<O> = { ok: true; value: O } | { ok: false; error: TransportedError };

/** A finished tile. */
export interface FinishedTile<P> {
  tile: number;
  part: P;
}

/** The finished tiles that a copy hands over together. */
export type TilesMessage<P> = readonly FinishedTile<P>[];

/** What a task may ask while it runs. */
export interface TaskContext {
  /** Whether the result is no longer wanted. Long tasks ask this between pieces of work. */
  readonly cancelled: boolean;
  /** @throws MillraceError `MILLRACE_NOT_RUN` if the result is no longer wanted. */
  throwIfCancelled(): void;
  /** The main thread's cache, if the step was given one. */
  cache?: SharedCache;
}

/** A copy of a divisible job, seen from inside its worker. */
export interface JobCopy<P> {
  /** From 0, below the job's `maxCopies`; copies that run at the same time differ in it. */
  readonly lane: number;
  /**
   * Claims tile after tile until none is free, the pool wants the thread back (after one tile at least, so that
   * every copy gets on), or the job is cancelled.
   */
  tiles(): Iterable<number>;
  /**
   * Hands over the result of a claimed tile, together with those that are finished soon after it: a message for each
   * would cost more than a small tile. It counts as done when the main thread has it.
   */
  publish(tile: number, part: P, transfer?: readonly TransferListItem[]): void;
}

/** Makes the default export of a worker file from the function that does the work. */
export function task<J extends JobName>(
  run: (input: JobInput<J>, context: TaskContext) => JobOutput<J> | Promise<JobOutput<J>>,
): (envelope: TaskEnvelope<JobInput<J>>) => Promise<TaskReply<JobOutput<J>>> {
  return ({ input, control, slot }) => reply(() => run(input, taskContext(control, slot)));
}

/** Makes the default export of a worker file whose job is divided into tiles. */
export function divisibleTask<J extends DivisibleJobName>(
  run: (input: DivisibleInput<J>, copy: JobCopy<DivisiblePart<J>>) => void | Promise<void>,
): (envelope: CopyEnvelope<DivisibleInput<J>>) => Promise<TaskReply<void>> {
  return (envelope) => reply(() => run(envelope.input, jobCopy(envelope)));
}

/** Finished tiles wait for each other as long as this, or as this share of the time that the copy has run. */
const MAX_HAND_OVER_MS = 20;
const HAND_OVER_SHARE = 1 / 8;

function jobCopy<I, P>({ control, slot, copy, lane, ledger: buffer, port }: CopyEnvelope<I>): JobCopy<P> {
  const ledger = new TileLedger(buffer);
  const startMs = performance.now();
  let handedOverMs = startMs;
  let finished: FinishedTile<P>[] = [];
  let transfers: TransferListItem[] = [];
  const handOver = () => {
    if (finished.length > 0) port.postMessage(finished satisfies TilesMessage<P>, transfers);
    finished = [];
    transfers = [];
  };
  return {
    lane,
    *tiles() {
      if (Atomics.load(control, slot) === CANCEL) return;
      try {
        do {
          const tile = ledger.claim(copy);
          if (tile === -1) return;
          yield tile;
        } while (Atomics.load(control, slot) === GO_ON);
      } finally {
        handOver();
      }
    },
    publish(tile, part, transfer = []) {
      finished.push({ tile, part });
      transfers.push(...transfer);
      const nowMs = performance.now();
      const waitMs = Math.min(MAX_HAND_OVER_MS, (nowMs - startMs) * HAND_OVER_SHARE);
      if (nowMs - handedOverMs < waitMs) return;
      handOver();
      handedOverMs = nowMs;
    },
  };
}

function taskContext(control: Int32Array, slot: number): TaskContext {
  return {
    get cancelled() {
      return Atomics.load(control, slot) === CANCEL;
    },
    throwIfCancelled() {
      if (this.cancelled) throw new MillraceError('MILLRACE_NOT_RUN', 'the task was cancelled');
    },
  };
}

/** The result, or the error as data. */
export async function reply<O>(run: () => O | Promise<O>): Promise<TaskReply<O>> {
  try {
    return { ok: true, value: await run() };
  } catch (error) {
    return { ok: false, error: packError(error) };
  }
}
