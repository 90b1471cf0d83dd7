import { z } from 'zod';
import { type Clock, systemClock } from '../../shared/clock.js';
import { MillraceError } from '../../shared/errors.js';
import { checkOptions, numberFrom } from '../../shared/options.js';
import { type AimdOptions, aimd } from '../../tuning/aimd.js';
import { type GradientOptions, gradient } from '../../tuning/gradient.js';
import type { LimitAlgorithm, LimitDecision } from '../../tuning/limit.js';
import { type AdjustableLimit, adjustable } from './adjustable-limit.js';
import type { ConcurrencyLimit } from './concurrency-limit.js';
import type { CallEnding, Gate, Permit, TokenUse } from './gate.js';
import { LimitRound } from './limit-round.js';
import type { Limiter } from './limiter.js';

export interface AdaptiveRateLimiterOptions extends AimdOptions, GradientOptions {
  /**
   * `aimd` follows refusals (HTTP status 429). `gradient` follows how long calls take, for servers that never refuse and a
   * number of calls at once. Default: `aimd`.
   */
  algorithm?: 'aimd' | 'gradient' | undefined;
  /** The limit grows at most once in so long. Default: 1000. */
  roundMs?: number | undefined;
  /** Told of each change. */
  onChange?: ((limit: number) => void) | undefined;
  /** For tests and simulations. */
  clock?: Clock | undefined;
}

const positive = z.number('expected a number above 0').positive('expected a number above 0').optional();
const schema = z.strictObject({
  algorithm: z.enum(['aimd', 'gradient'], "expected 'aimd' or 'gradient'").optional(),
  min: positive,
  max: positive,
  cooldownMs: numberFrom(0, Number.MAX_VALUE).optional(),
  probeMs: numberFrom(0, Number.MAX_VALUE).optional(),
  roundMs: positive,
  onChange: z.custom<(limit: number) => void>((value) => typeof value === 'function').optional(),
  clock: z.custom<Clock>().optional(),
});

/**
 * Finds the limit of a server that doesn't tell it, and follows it when it changes: a gate around a limiter, whose rates
 * it changes in their proportion, or around a concurrency limit. Begin low: it doubles each second until the first
 * refusal. See {@link aimd} and {@link gradient} for the rules. What isn't sent, such as a cache hit, is neutral.
 *
 * @throws MillraceError `MILLRACE_INVALID_ARGUMENT`, also for a limiter without rates
 *
 * @example
 * const limiter = new Limiter({ requestsPerMinute: 60 });
 * const step = withPolicies(callApi, retry(), tokenBudget(new AdaptiveRateLimiter(limiter)), classify());
 */
export class AdaptiveRateLimiter implements Gate {
  private readonly clock: Clock;
  private readonly roundMs: number;
  private readonly onChange: ((limit: number) => void) | undefined;
  private readonly target: AdjustableLimit;
  private readonly algorithm: LimitAlgorithm;
  private state: LimitDecision;
  private round: LimitRound;
  /** Calls are numbered; those below were let through before the last cut. */
  private sent = 0;
  private freshFrom = 0;

  /** @param adjusts - the limiter or concurrency limit whose limit it finds */
  constructor(
    readonly adjusts: Limiter | ConcurrencyLimit,
    options: AdaptiveRateLimiterOptions = {},
  ) {
    checkOptions('AdaptiveRateLimiter', schema, options);
    const { algorithm = 'aimd', roundMs = 1000, onChange, clock = systemClock } = options;
    this.clock = clock;
    this.roundMs = roundMs;
    this.onChange = onChange;
    if ('rates' in adjusts && Object.keys(adjusts.rates).length === 0) {
      const expected = 'expected a limiter with a rate to begin with, received one without';
      throw new MillraceError('MILLRACE_INVALID_ARGUMENT', `AdaptiveRateLimiter: "limit": ${expected}`);
    }
    this.target = adjustable(adjusts);
    const first = this.target.limit;
    this.algorithm = (algorithm === 'aimd' ? aimd(options) : gradient(options))(first) as LimitAlgorithm;
    this.state = this.algorithm.begin(first);
    this.target.limit = this.state.limit;
    this.round = new LimitRound(clock.now());
  }

  /** The limit as it is now: the limiter's first rate (requests, then tokens), or the calls at once. */
  get limit(): number {
    return this.state.limit;
  }

  get cause() {
    return this.target.gate.cause;
  }

  get line() {
    return this.target.gate.line;
  }

  waitMs(use: TokenUse, now: number): number {
    const waitMs = this.target.gate.waitMs(use, now);
    if (waitMs > 0) this.round.isFull = true;
    return waitMs;
  }

  take(use: TokenUse, now: number): Permit {
    const permit = this.target.gate.take(use, now);
    this.target.took(use);
    const number = this.sent++;
    return {
      ...(permit.reservedTokens !== undefined && { reservedTokens: permit.reservedTokens }),
      end: (ending) => {
        permit.end(ending);
        this.ended(ending, number);
      },
    };
  }

  private ended(ending: CallEnding, number: number): void {
    this.round.add(ending, number < this.freshFrom);
    const now = this.clock.now();
    const elapsedMs = now - this.round.beganAtMs;
    const isOver = elapsedMs >= this.roundMs && this.round.saysSomething;
    if (!isOver && !this.round.hasRefusal) return;
    const sample = this.round.sample(now, this.target.use(Math.max(1, elapsedMs)));
    this.round = new LimitRound(now);
    this.round.isFull = this.line.size > 0;
    this.decided(this.algorithm.decide(sample, this.state), now);
  }

  private decided(state: LimitDecision, now: number): void {
    const { limit } = this.state;
    this.state = state;
    if (state.limit < limit) this.freshFrom = this.sent;
    if (state.pausedUntilMs > now) this.target.pause(state.pausedUntilMs - now);
    if (state.limit === limit) return;
    this.target.limit = state.limit;
    this.onChange?.(state.limit);
  }
}
