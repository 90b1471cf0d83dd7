import { MongoError, MongoNetworkError, MongoServerSelectionError } from 'mongodb';
import { type Clock, sleep, systemClock } from '../../shared/clock.js';

/** Errors of a server that is starting, stepping down, shutting down, or that has lost a cursor. */
const PASSING_CODES: ReadonlySet<number> = new Set([
  6, 7, 43, 64, 89, 91, 189, 262, 9001, 10107, 11600, 11602, 13435, 13436,
]);

/** Whether an error of the driver may pass: the network, or the state of the server. */
export function isWorthAnotherTry(error: unknown): boolean {
  if (error instanceof MongoNetworkError || error instanceof MongoServerSelectionError) return true;
  if (!(error instanceof MongoError)) return false;
  return error.hasErrorLabel('RetryableWriteError') || PASSING_CODES.has(Number(error.code));
}

const ATTEMPTS = 8;
const FIRST_WAIT_MS = 50;
const MAX_WAIT_MS = 5000;

/** How often something is tried again: up to 8 times without any success between, after waits from 50 ms that double. */
export class Patience {
  private failures = 0;

  constructor(private readonly clock: Clock = systemClock) {}

  /** It worked. */
  restore(): void {
    this.failures = 0;
  }

  /** Waits before the next attempt. @throws `error`, once it was enough */
  async wait(error: unknown, signal: AbortSignal | undefined): Promise<void> {
    if (++this.failures >= ATTEMPTS) throw error;
    const mostMs = Math.min(MAX_WAIT_MS, FIRST_WAIT_MS * 2 ** this.failures);
    await sleep(this.clock, mostMs * (0.5 + Math.random() / 2), signal);
  }

  async keepTrying<T>(call: () => Promise<T>, signal: AbortSignal | undefined): Promise<T> {
    for (;;) {
      try {
        const value = await call();
        this.restore();
        return value;
      } catch (error) {
        if (!isWorthAnotherTry(error)) throw error;
        await this.wait(error, signal);
      }
    }
  }
}
