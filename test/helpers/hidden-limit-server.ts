import { type Clock, sleep } from '../../src/shared/clock.js';
import { MillraceError } from '../../src/shared/errors.js';
import { mulberry32 } from '../../src/shared/random.js';

/** A server with a limit that it doesn't tell: a continuous bucket. It counts what it admits and refuses itself. */
export class HiddenLimitServer {
  /** By the second. */
  readonly admitted: number[] = [];
  readonly refused: number[] = [];
  private level: number;
  private updatedAt = 0;
  private readonly random = mulberry32(5);

  constructor(
    private readonly clock: Clock,
    public perSecond: number,
    private readonly burstSeconds = 1,
    private readonly retryAfterMs?: number,
  ) {
    this.level = perSecond * burstSeconds;
  }

  call = async (): Promise<void> => {
    const now = this.clock.now();
    this.level += ((now - this.updatedAt) * this.perSecond) / 1000;
    this.level = Math.min(this.level, Math.max(1, this.perSecond * this.burstSeconds));
    this.updatedAt = now;
    const second = Math.floor(now / 1000);
    if (this.level < 1) {
      this.refused[second] = (this.refused[second] ?? 0) + 1;
      await sleep(this.clock, 30 + 30 * this.random());
      const { retryAfterMs } = this;
      throw new MillraceError('MILLRACE_CALL_FAILED', '429', {
        category: 'retryable',
        sent: true,
        retryAfterMs,
      });
    }
    this.level--;
    this.admitted[second] = (this.admitted[second] ?? 0) + 1;
    await sleep(this.clock, 100 + 200 * this.random());
  };

  /** What was admitted between two seconds, as a share of the limit as it is now. */
  share(from: number, to: number): number {
    return sum(this.admitted, from, to) / ((to - from) * this.perSecond);
  }

  /** The share of all calls between two seconds that was refused. */
  refusals(from: number, to: number): number {
    const refused = sum(this.refused, from, to);
    return refused / (refused + sum(this.admitted, from, to));
  }
}

function sum(counts: readonly number[], from: number, to: number): number {
  let total = 0;
  for (let second = from; second < to; second++) total += counts[second] ?? 0;
  return total;
}
