import type { TransferListItem } from 'node:worker_threads';
import { unpackError } from '../../shared/error-transport.js';
import type { MillraceError } from '../../shared/errors.js';
import type { TaskReply } from '../../shared/worker-task.js';
import type { ControlSlot, Dispatch, Work, WorkHost } from './work.js';
import { WorkPromise } from './work-promise.js';

export interface TaskOptions {
  /** Lower numbers go first; what waits gains a level a second. First in, first out inside one priority. Default: 0. */
  priority?: number;
  /** Cancels the task: it rejects with `signal.reason` once no thread works on it. */
  signal?: AbortSignal;
  /** Buffers and ports that are moved to the worker instead of copied. Never a SharedArrayBuffer. */
  transfer?: readonly TransferListItem[];
}

/** One task: one message to a worker, one answer. */
export class SingleTask<O> implements Work {
  readonly divisible = false;
  readonly priority: number;
  readonly abortable: boolean;
  readonly result: WorkPromise<O>;
  threads = 0;
  private state: 'queued' | 'dispatched' = 'queued';

  constructor(
    readonly job: string,
    private input: unknown,
    private readonly options: TaskOptions,
    host: WorkHost,
  ) {
    this.priority = options.priority ?? 0;
    this.abortable = options.signal !== undefined;
    this.result = new WorkPromise<O>(this, host, options.signal);
  }

  wantsThread(): boolean {
    return this.state === 'queued' && this.result.isOpen;
  }

  start(control: ControlSlot): Dispatch {
    this.state = 'dispatched';
    this.threads = 1;
    this.result.started();
    const envelope = { input: this.input, ...control };
    this.input = undefined;
    return { envelope, transfer: this.options.transfer ?? [] };
  }

  finish(_slot: number, reply: TaskReply<unknown>): void {
    this.threads = 0;
    if (!this.result.isOpen) this.result.threadEnded();
    else if (reply.ok) this.result.succeed(reply.value as O);
    else this.result.fail(unpackError(reply.error));
  }

  crash(_slot: number, error: MillraceError): void {
    this.threads = 0;
    this.result.fail(error);
  }
}
