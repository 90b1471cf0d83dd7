import type { TokenUse } from './gate.js';

/** Until so many calls have told what they used, the estimate isn't trusted. */
const TRUSTED_AFTER = 20;
/** What an estimate that isn't trusted yet is multiplied by: it may be half of the truth. */
const CAUTION = 2;
/** The weight of a call in the running averages: about the last 50 calls count. */
const WEIGHT = 0.04;

/**
 * Learns how far the estimates of a limiter's input tokens are off, from the calls that told what they used. The
 * estimate of a call is multiplied by the ratio of what was used to what was estimated, both as running averages:
 * so the sum over calls comes out right, which is what a budget a minute asks for.
 */
export class UseEstimate {
  private calls = 0;
  private estimated = 0;
  private used = 0;

  /** What input tokens are multiplied by. */
  get ratio(): number {
    return this.calls < TRUSTED_AFTER || this.estimated === 0 ? CAUTION : this.used / this.estimated;
  }

  /** What to reserve for a call. Its output is taken as it is: callers know what they ask for. */
  reserve({ inputTokens, outputTokens }: TokenUse): TokenUse {
    return { inputTokens: inputTokens * this.ratio, outputTokens };
  }

  learn(estimated: TokenUse, used: TokenUse): void {
    this.calls++;
    const weight = Math.max(WEIGHT, 1 / this.calls);
    this.estimated += weight * (estimated.inputTokens - this.estimated);
    this.used += weight * (used.inputTokens - this.used);
  }
}
