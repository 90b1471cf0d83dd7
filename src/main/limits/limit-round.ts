import { isMillraceError } from '../../shared/errors.js';
import type { LimitSample } from '../../tuning/limit.js';
import type { CallEnding } from './gate.js';

/** Counts how the calls of a round ended. */
export class LimitRound {
  private succeeded = 0;
  private refused = 0;
  private dropped = 0;
  private totalMs = 0;
  private retryAfterMs: number | undefined;
  /** Whether somebody had to wait. */
  isFull = false;

  constructor(readonly beganAtMs: number) {}

  get hasRefusal(): boolean {
    return this.refused > 0;
  }

  /** Whether any call has ended. */
  get saysSomething(): boolean {
    return this.succeeded + this.refused + this.dropped > 0;
  }

  /** @param isStale - sent before the last cut */
  add({ error, sent, durationMs }: CallEnding, isStale: boolean): void {
    if (sent === false) return;
    const category = isMillraceError(error) ? error.category : undefined;
    if (category === 'retryable') {
      if (isStale) return;
      this.refused++;
      this.retryAfterMs = isMillraceError(error) ? error.retryAfterMs : undefined;
    } else if (category === 'transient') {
      this.dropped++;
    } else if (error === undefined || sent === true) {
      this.succeeded++;
      this.totalMs += durationMs;
    }
  }

  sample(nowMs: number, use: number): LimitSample {
    const { succeeded, refused, dropped, totalMs, retryAfterMs, isFull } = this;
    const share = isFull ? 1 : use;
    return { nowMs, use: share, succeeded, refused, dropped, meanMs: totalMs / succeeded, retryAfterMs };
  }
}
