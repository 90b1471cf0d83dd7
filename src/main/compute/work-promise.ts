import { addAbortListener, removeAbortListener } from './abort-listeners.js';
import type { Work, WorkHost } from './work.js';

/**
 * The promise of a piece of work, and what ends it: a result, an error, or the caller's AbortSignal. After an
 * abort it still waits until no thread works for it, then rejects with the signal's reason untouched.
 */
export class WorkPromise<O> {
  readonly promise: Promise<O>;
  private resolve!: (value: O) => void;
  private reject!: (reason: unknown) => void;
  private state: 'open' | 'failing' | 'settled' = 'open';
  private failure: unknown;
  private readonly submittedMs = performance.now();
  private startedMs: number | undefined;

  constructor(
    private readonly work: Work,
    private readonly host: WorkHost,
    private readonly signal: AbortSignal | undefined,
  ) {
    this.promise = new Promise((resolve, reject) => {
      this.resolve = resolve;
      this.reject = reject;
    });
    if (signal) addAbortListener(signal, this.onAbort);
  }

  /** Whether the result is still wanted. */
  get isOpen(): boolean {
    return this.state === 'open';
  }

  started(): void {
    this.startedMs ??= performance.now();
  }

  succeed(value: O): void {
    if (this.settle('completed')) this.resolve(value);
  }

  /** Fails as soon as no thread works for it any more; the first failure wins. */
  fail(failure: unknown): void {
    if (this.state === 'open') {
      this.state = 'failing';
      this.failure = failure;
      if (this.work.threads > 0) this.host.cancel(this.work);
    }
    this.threadEnded();
  }

  /** A thread stopped working for it: a failure that waited for this takes effect. */
  threadEnded(): void {
    if (this.state === 'failing' && this.work.threads === 0 && this.settle('failed'))
      this.reject(this.failure);
  }

  private settle(outcome: 'completed' | 'failed'): boolean {
    if (this.state === 'settled') return false;
    this.state = 'settled';
    if (this.signal) removeAbortListener(this.signal, this.onAbort);
    const now = performance.now();
    this.host.settled(this.work, {
      outcome,
      queueWaitMs: (this.startedMs ?? now) - this.submittedMs,
      runMs: this.startedMs === undefined ? undefined : now - this.startedMs,
    });
    return true;
  }

  private readonly onAbort = () => this.fail(this.signal?.reason);
}
