import { type Clock, systemClock } from '../../shared/clock.js';
import { isMillraceError, MillraceError } from '../../shared/errors.js';
import { checkOptions } from '../../shared/options.js';
import { Admission, type AdmissionOptions, type Lease } from './admission.js';
import type { CallEnding, Gate, Permit, TokenUse } from './gate.js';
import type { LimitHeaders } from './limit-headers.js';
import { type LimiterOptions, limiterSchema, type Rates } from './limiter-options.js';
import { MINUTE_MS, type RateBudget } from './rate-budget.js';
import { SlidingWindow } from './sliding-window.js';
import { TokenBucket } from './token-bucket.js';
import { UseEstimate } from './use-estimate.js';
import { WaitingLine } from './waiting-line.js';

/** What a limiter has done so far. */
export interface LimiterStats {
  /** How many wait. */
  readonly waiting: number;
  readonly admitted: number;
  /** Tokens, input and output together. */
  readonly reserved: number;
  readonly used: number;
  readonly refunded: number;
  /** Bursts of refusals (HTTP status 429) by the server, each of which stopped everything for a while. */
  readonly refusals: number;
  /** What estimates are multiplied by. */
  readonly ratio: number;
}

const AMOUNTS = {
  requestsPerMinute: () => 1,
  tokensPerMinute: ({ inputTokens, outputTokens }: TokenUse) => inputTokens + outputTokens,
  inputTokensPerMinute: ({ inputTokens }: TokenUse) => inputTokens,
  outputTokensPerMinute: ({ outputTokens }: TokenUse) => outputTokens,
} as const;
type RateName = keyof typeof AMOUNTS;
const RATE_NAMES = Object.keys(AMOUNTS) as RateName[];

/** The largest margin, as a share of a minute's limit. */
const LARGEST_MARGIN = 1 / 12;

const NOTHING: TokenUse = { inputTokens: 0, outputTokens: 0 };

/**
 * The limits of one API, model or account: several budgets that must all have room. Calls pass in the order in which
 * they came; whoever is first keeps its place until there is room for it. Nobody polls.
 *
 * A call is reserved before it is sent and settled when it has ended: what it really used takes the place of what
 * was reserved. What certainly was not sent is given back. Where nothing is known, the reservation stays.
 *
 * @throws MillraceError `MILLRACE_INVALID_ARGUMENT`
 *
 * @example
 * const limiter = new Limiter({ tokensPerMinute: 1_000_000, requestsPerMinute: 10_000 });
 * const lease = await limiter.acquire({ inputTokens: 800, outputTokens: 200 });
 * try { … } finally { lease.end({ sent: true, usage: { inputTokens: 812, outputTokens: 97 }, durationMs: 950 }); }
 */
export class Limiter implements Gate {
  readonly cause = 'limiter';
  readonly line: WaitingLine;
  private readonly clock: Clock;
  private readonly budgets = new Map<RateName, RateBudget>();
  private readonly estimate = new UseEstimate();
  private readonly admission: Admission;
  private readonly counts = { admitted: 0, reserved: 0, used: 0, refunded: 0, refusals: 0 };
  /** Nothing is admitted before. */
  private closedUntil = Number.NEGATIVE_INFINITY;

  constructor(private readonly options: LimiterOptions) {
    checkOptions('Limiter', limiterSchema, options);
    this.clock = options.clock ?? systemClock;
    this.line = new WaitingLine(this.clock);
    this.admission = new Admission([this], this.clock);
    this.setRates(options);
  }

  /** Reserves for a call and waits until it may be sent. @throws `signal.reason`; MillraceError `MILLRACE_OVER_LIMIT` */
  acquire(use: TokenUse = NOTHING, options: AdmissionOptions = {}): Promise<Lease> {
    return this.admission.acquire(use, options);
  }

  /** The limits as they are now. */
  get rates(): Rates {
    return Object.fromEntries([...this.budgets].map(([name, { perMinute }]) => [name, perMinute]));
  }

  /** Changes limits; those who wait see it at once. What isn't named stays as it is. */
  setRates(rates: Rates): void {
    for (const name of RATE_NAMES) {
      const perMinute = rates[name];
      if (perMinute === undefined) continue;
      const budget = this.budgets.get(name);
      if (budget === undefined) this.budgets.set(name, this.makeBudget(perMinute));
      else {
        budget.available(this.clock.now());
        budget.perMinute = perMinute;
      }
    }
    this.line.retry();
  }

  /** Admits nothing for so long. A pause that ends later stays. */
  pause(durationMs: number): void {
    const until = this.clock.now() + durationMs;
    if (until <= this.closedUntil) return;
    this.closedUntil = until;
    this.line.retry();
  }

  /**
   * What a response's headers say of the limits. Rates that nobody gave are taken over, and where the server has less
   * left than this side believes, somebody else uses it too: that is followed.
   */
  learn(headers: LimitHeaders): void {
    const now = this.clock.now();
    for (const name of RATE_NAMES) {
      const { limit, remaining } = headers[name] ?? {};
      if (limit !== undefined && this.options[name] === undefined) this.setRates({ [name]: limit });
      const budget = this.budgets.get(name);
      if (budget === undefined || remaining === undefined) continue;
      // What is kept free for estimates that are too low may well be in use.
      const surplus = budget.available(now) - this.margin - remaining;
      if (surplus > 0) budget.correct(surplus, now, now);
    }
  }

  stats(): LimiterStats {
    return { ...this.counts, waiting: this.line.size, ratio: this.estimate.ratio };
  }

  waitMs(use: TokenUse, now: number): number {
    const { inputTokens, outputTokens } = this.estimate.reserve(use);
    const reserved = { inputTokens: inputTokens + this.margin, outputTokens };
    let waitMs = Math.max(0, this.closedUntil - now);
    for (const [name, budget] of this.budgets) {
      this.checkSize(name, AMOUNTS[name](use), budget);
      waitMs = Math.max(waitMs, budget.waitMs(Math.min(AMOUNTS[name](reserved), budget.perMinute), now));
    }
    return waitMs;
  }

  take(use: TokenUse, now: number): Permit {
    const reserved = this.estimate.reserve(use);
    for (const [name, budget] of this.budgets) budget.take(AMOUNTS[name](reserved), now);
    this.estimate.began(use);
    this.counts.admitted++;
    const reservedTokens = AMOUNTS.tokensPerMinute(reserved);
    this.counts.reserved += reservedTokens;
    return { reservedTokens, end: (ending) => this.settle(use, reserved, now, ending) };
  }

  private settle(estimated: TokenUse, reserved: TokenUse, takenAt: number, ending: CallEnding): void {
    this.estimate.ended(estimated);
    this.obey(ending.error);
    if (ending.limits !== undefined) this.learn(ending.limits);
    const isUnsent = ending.sent === false;
    const used = isUnsent ? NOTHING : ending.usage;
    if (used === undefined) {
      this.counts.used += AMOUNTS.tokensPerMinute(reserved);
      return;
    }
    if (!isUnsent) this.estimate.learn(estimated, used);
    const now = this.clock.now();
    for (const [name, budget] of this.budgets) {
      const difference =
        name === 'requestsPerMinute' ? -Number(isUnsent) : AMOUNTS[name](used) - AMOUNTS[name](reserved);
      if (difference !== 0) budget.correct(difference, takenAt, now);
    }
    const tokens = AMOUNTS.tokensPerMinute(used);
    this.counts.used += tokens;
    this.counts.refunded += Math.max(0, AMOUNTS.tokensPerMinute(reserved) - tokens);
    this.line.retry();
  }

  /** A server that refuses wants to be left alone. Those that are refused while it is are of the same burst. */
  private obey(error: unknown): void {
    if (!isMillraceError(error) || error.category !== 'retryable') return;
    const now = this.clock.now();
    if (now >= this.closedUntil) this.counts.refusals++;
    if (error.retryAfterMs !== undefined) this.pause(error.retryAfterMs);
  }

  /**
   * What is kept free for estimates that are too low. In a bucket it is saved up once; in a window it would be lost of each
   * minute.
   */
  private get margin(): number {
    if (this.options.counting === 'window') return 0;
    let margin = this.estimate.margin;
    for (const name of ['tokensPerMinute', 'inputTokensPerMinute'] as const) {
      const budget = this.budgets.get(name);
      if (budget !== undefined) margin = Math.min(margin, budget.perMinute * LARGEST_MARGIN);
    }
    return margin;
  }

  private checkSize(name: RateName, amount: number, { perMinute }: RateBudget): void {
    if (amount <= perMinute || this.options.oversize === 'alone') return;
    const problem = `a call of ${Math.ceil(amount)} is over the whole limit of ${perMinute} a minute`;
    const message = `option "${name}": ${problem}: expected at most that, or the option oversize: 'alone'`;
    const refused = { options: [{ name, problem }] };
    throw new MillraceError('MILLRACE_OVER_LIMIT', message, { sent: false, refused });
  }

  private makeBudget(perMinute: number): RateBudget {
    const { counting = 'bucket', burstSeconds = 0.1, start = 'call' } = this.options;
    if (counting === 'window') return new SlidingWindow({ perMinute });
    const burst = (perMinute * burstSeconds * 1000) / MINUTE_MS;
    return new TokenBucket({ perMinute, burst, ...(start === 'nothing' && { initial: 0 }) });
  }
}
