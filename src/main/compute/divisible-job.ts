import { MessageChannel, type MessagePort, receiveMessageOnPort } from 'node:worker_threads';
import { unpackError } from '../../shared/error-transport.js';
import { MillraceError } from '../../shared/errors.js';
import { TileLedger } from '../../shared/tile-ledger.js';
import type { CopyEnvelope, TaskReply, TilesMessage } from '../../shared/worker-task.js';
import type { ControlSlot, Dispatch, Work, WorkHost } from './work.js';
import { WorkPromise } from './work-promise.js';

export interface DivisibleOptions<P> {
  /** Into how many tiles the job is divided. */
  tiles: number;
  /** Receives each tile's result, exactly once, in any order. */
  onPart: (tile: number, part: P) => void;
  /** How many copies may run at once. Default: as many as the pool has threads. */
  maxCopies?: number;
  /** Lower numbers go first. Default: 0. */
  priority?: number;
  /** Cancels the job between two tiles: it rejects with `signal.reason` once no thread works on it. */
  signal?: AbortSignal;
  /** Called with the number of finished tiles, after each. */
  onProgress?: (done: number) => void;
  /** Asked after each tile: if it says so, those that nobody has begun are left undone, and the job ends well. */
  isEnough?: () => boolean;
}

/** After so many dead workers the job itself is taken for the cause. */
const MAX_CRASHES = 3;

interface Copy {
  copy: number;
  lane: number;
  port: MessagePort;
}

/**
 * A job in tiles that several threads work off together. Each thread runs a copy, which claims tiles in the
 * ledger and hands over their results on a port of its own; the main thread alone marks them as done. When a
 * worker dies, what it had handed over counts, and the rest of its claims is free again.
 */
export class DivisibleJob<P> implements Work {
  readonly divisible = true;
  readonly abortable = true;
  readonly priority: number;
  readonly result: WorkPromise<void>;
  private readonly ledger: TileLedger;
  private readonly copies = new Map<number, Copy>();
  private readonly lanes: number[] = [];
  private copiesStarted = 0;
  private published = 0;
  private withdrawn = 0;
  private crashes = 0;

  constructor(
    readonly job: string,
    private readonly input: unknown,
    private readonly options: DivisibleOptions<P>,
    host: WorkHost,
  ) {
    this.priority = options.priority ?? 0;
    this.ledger = TileLedger.create(options.tiles);
    this.result = new WorkPromise<void>(this, host, options.signal);
  }

  get threads(): number {
    return this.copies.size;
  }

  wantsThread(): boolean {
    const { maxCopies = Number.POSITIVE_INFINITY } = this.options;
    return this.result.isOpen && this.copies.size < maxCopies && this.ledger.hasFree();
  }

  start({ control, slot }: ControlSlot): Dispatch {
    this.result.started();
    const lane = this.lanes.pop() ?? this.copies.size;
    const copy = ++this.copiesStarted;
    const { port1, port2 } = new MessageChannel();
    port1.on('message', this.accept);
    this.copies.set(slot, { copy, lane, port: port1 });
    const envelope: CopyEnvelope<unknown> = {
      input: this.input,
      control,
      slot,
      copy,
      lane,
      ledger: this.ledger.buffer,
      port: port2,
    };
    return { envelope, transfer: [port2] };
  }

  finish(slot: number, reply: TaskReply<unknown>): void {
    this.endCopy(slot);
    if (reply.ok) this.copyEnded();
    else this.result.fail(unpackError(reply.error));
  }

  crash(slot: number, error: MillraceError): void {
    const copy = this.endCopy(slot);
    this.ledger.release(copy);
    this.crashes++;
    if (this.crashes > MAX_CRASHES) this.result.fail(error);
    else this.copyEnded();
  }

  /** Everything that the copy handed over is taken in before its end counts. */
  private endCopy(slot: number): number {
    const { copy, lane, port } = this.copies.get(slot)!;
    let waiting = receiveMessageOnPort(port);
    while (waiting !== undefined) {
      this.accept(waiting.message);
      waiting = receiveMessageOnPort(port);
    }
    port.close();
    this.copies.delete(slot);
    this.lanes.push(lane);
    return copy;
  }

  private copyEnded(): void {
    const isLast = this.result.isOpen && this.threads === 0;
    if (isLast && this.published + this.withdrawn === this.options.tiles) this.result.succeed();
    else if (isLast && !this.ledger.hasFree()) this.result.fail(this.withheld());
    else this.result.threadEnded();
  }

  /** A worker that claims a tile and never hands it over would leave the job waiting for ever. */
  private withheld(): MillraceError {
    const missing = this.options.tiles - this.published - this.withdrawn;
    const message = `job "${this.job}": ${missing} of ${this.options.tiles} tiles were claimed but never handed over`;
    return new MillraceError('MILLRACE_WORKER_CRASHED', message);
  }

  private readonly accept = (finished: TilesMessage<P>) => {
    const { onPart, onProgress, isEnough } = this.options;
    for (const { tile, part } of finished) {
      if (!this.result.isOpen || !this.ledger.publish(tile)) continue;
      this.published++;
      try {
        onPart(tile, part);
        onProgress?.(this.published);
        if (isEnough?.()) this.withdrawn += this.ledger.withdraw();
      } catch (error) {
        this.result.fail(error);
      }
    }
  };
}
