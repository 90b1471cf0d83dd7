import type { TokenUse } from './gate.js';

/** Until so many calls have told what they used, the estimate isn't trusted. */
const TRUSTED_AFTER = 20;
/** What an estimate that isn't trusted yet is multiplied by: it may be half of the truth. */
const CAUTION = 2;
/** The weight of a call in the running averages: about the last 100 calls count. */
const WEIGHT = 0.02;
/** So many calls tell as much of a mean as an average with this weight does. */
const CALLS_AVERAGED = 2 / WEIGHT - 1;
/** How many standard deviations the margin is. */
const DEVIATIONS = 3;

/**
 * Learns how far the estimates of a limiter's input tokens are off, from the calls that told what they used. The
 * estimate of a call is multiplied by the ratio of what was used to what was estimated, both as running averages:
 * so the sum over calls comes out right, which is what a budget a minute asks for.
 *
 * What is under way may still be more than was reserved, as a sum: by `margin` at most. With s the deviation of a call's
 * use from ratio × estimate, relative to the estimate, and e the estimates under way, the sum has the deviation
 * s × √(Σe² + (Σe)² ÷ n): that of the calls, and that of the ratio, which is a mean of n calls.
 */
export class UseEstimate {
  private calls = 0;
  private estimated = 0;
  private used = 0;
  private squaredEstimate = 0;
  private squaredError = 0;
  private readonly underWay = { calls: 0, sum: 0, squares: 0 };

  /** What input tokens are multiplied by. */
  get ratio(): number {
    return this.isTrusted ? this.used / this.estimated : CAUTION;
  }

  /** What the input tokens of all calls under way may be above what was reserved for them. */
  get margin(): number {
    if (!this.isTrusted || this.underWay.calls === 0) return 0;
    const { sum, squares } = this.underWay;
    const variance = (this.squaredError / this.squaredEstimate) * (squares + sum ** 2 / CALLS_AVERAGED);
    return DEVIATIONS * Math.sqrt(Math.max(0, variance));
  }

  private get isTrusted(): boolean {
    return this.calls >= TRUSTED_AFTER && this.estimated > 0;
  }

  /** What to reserve for a call. Its output is taken as it is: callers know what they ask for. */
  reserve({ inputTokens, outputTokens }: TokenUse): TokenUse {
    return { inputTokens: inputTokens * this.ratio, outputTokens };
  }

  began({ inputTokens }: TokenUse): void {
    this.underWay.calls++;
    this.underWay.sum += inputTokens;
    this.underWay.squares += inputTokens ** 2;
  }

  ended({ inputTokens }: TokenUse): void {
    this.underWay.calls--;
    this.underWay.sum -= inputTokens;
    this.underWay.squares -= inputTokens ** 2;
  }

  learn({ inputTokens: estimated }: TokenUse, { inputTokens: used }: TokenUse): void {
    this.calls++;
    const weight = Math.max(WEIGHT, 1 / this.calls);
    this.estimated += weight * (estimated - this.estimated);
    this.used += weight * (used - this.used);
    const error = used - (estimated * this.used) / this.estimated;
    this.squaredEstimate += weight * (estimated ** 2 - this.squaredEstimate);
    if (this.estimated > 0) this.squaredError += weight * (error ** 2 - this.squaredError);
  }
}
