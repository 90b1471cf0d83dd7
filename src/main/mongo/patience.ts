import { type Clock, sleep, systemClock } from '../../shared/clock.js';
import { commandError } from './command-error.js';

/** Whether an error of the driver may pass: the network, or the state of the server. */
export function isWorthAnotherTry(error: unknown): boolean {
  return commandError(error).category === 'transient';
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
