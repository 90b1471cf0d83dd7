import { RollingMinute } from './rolling-minute.js';
import type { Fault } from './simulated-faults.js';
import type { Quantity, SimulatedLimiter, Taken } from './simulated-limiter.js';

/** What a simulated server has counted itself. */
export interface SimulatedStats {
  /** Since the first request. */
  readonly elapsedMs: number;
  /** All that came. */
  readonly requests: number;
  /** Those that took something of the limits. */
  readonly admitted: number;
  readonly completed: number;
  /** Admitted, and cut off by either side: what they reserved stays taken. */
  readonly abandoned: number;
  readonly inFlight: number;
  /** Refused because a limit was used up. */
  readonly refused: number;
  /** Requests that weren't admitted, by HTTP status, whether by a limit or by a fault. */
  readonly rejected: Readonly<Record<string, number>>;
  /** Requests that a fault hit, by its kind. */
  readonly faults: Readonly<Record<string, number>>;
  /** Prompt and the most that the output could have been, of all that were admitted. */
  readonly tokensAdmitted: number;
  /** Prompt and output, of all that were completed. */
  readonly tokensSettled: number;
  /** Output alone, of all that were completed. */
  readonly outputTokensSettled: number;
  /**
   * Settled tokens ÷ (limit × elapsed), the first 10 s left out; null without a limit, or before. What a limit that
   * changes allowed in that time stands in the place of limit × elapsed.
   */
  readonly utilisation: number | null;
  /** The most that was in use in any 60 seconds, settled as far as was known at the time. */
  readonly mostTokensInAMinute: number;
  readonly mostRequestsInAMinute: number;
  /**
   * How many were admitted although more than the limit was in use in the 60 seconds before them, theirs included. A
   * window has none; a bucket lets some pass by its nature: what was saved up, and what was given back late.
   */
  readonly violations: number;
  /** How many different items were admitted, by their keys. */
  readonly keys: number;
  /** How many were admitted although one with the same key had been before. */
  readonly repeated: number;
}

/** What a call that was completed has used. */
export interface TokensUsed {
  readonly promptTokens: number;
  readonly outputTokens: number;
}

/** What comes to pass before is left out of the utilisation. */
const WARM_UP_MS = 10_000;
const MINUTE_MS = 60_000;
/** What sums of fractions may be off by. */
const EPSILON = 1e-6;

/** A simulated server's own counts. Times are since the first request. */
export class SimulatedCounts {
  private readonly counts = {
    requests: 0,
    admitted: 0,
    completed: 0,
    abandoned: 0,
    refused: 0,
    tokensAdmitted: 0,
    tokensSettled: 0,
    outputTokensSettled: 0,
    violations: 0,
    repeated: 0,
  };
  private readonly rejected: Record<string, number> = {};
  private readonly faults: Record<string, number> = {};
  private readonly admittedByKey = new Map<string, number>();
  private readonly inAMinute = {
    tokens: new RollingMinute(Number.POSITIVE_INFINITY),
    requests: new RollingMinute(Number.POSITIVE_INFINITY),
  };
  private readonly most = { tokens: 0, requests: 0 };
  private settledAfterWarmUp = 0;

  constructor(private readonly limiter: SimulatedLimiter) {}

  /** @returns the number of the request, from 1 */
  arrive(): number {
    return ++this.counts.requests;
  }

  hit({ kind }: Fault): void {
    this.faults[kind] = (this.faults[kind] ?? 0) + 1;
  }

  reject(status: number, isByLimit: boolean): void {
    this.rejected[status] = (this.rejected[status] ?? 0) + 1;
    if (isByLimit) this.counts.refused++;
  }

  /** @returns where the request stands in the last minute, for {@link complete} */
  admit({ amounts }: Taken, key: string, now: number): number {
    this.counts.admitted++;
    this.counts.tokensAdmitted += amounts.tokens;
    const before = this.admittedByKey.get(key) ?? 0;
    if (before > 0) this.counts.repeated++;
    this.admittedByKey.set(key, before + 1);
    const mark = this.inAMinute.tokens.take(amounts.tokens, now);
    this.inAMinute.requests.take(1, now);
    const isOver = { tokens: this.watch('tokens', now), requests: this.watch('requests', now) };
    if (isOver.tokens || isOver.requests) this.counts.violations++;
    return mark;
  }

  complete(taken: Taken, { promptTokens, outputTokens }: TokensUsed, mark: number, now: number): void {
    const tokens = promptTokens + outputTokens;
    this.counts.completed++;
    this.counts.tokensSettled += tokens;
    this.counts.outputTokensSettled += outputTokens;
    if (now >= WARM_UP_MS) this.settledAfterWarmUp += tokens;
    this.inAMinute.tokens.giveBack(taken.amounts.tokens - tokens, mark, now);
  }

  abandon(): void {
    this.counts.abandoned++;
  }

  /** How often an item was admitted. */
  admissionsOf(key: string): number {
    return this.admittedByKey.get(key) ?? 0;
  }

  stats(elapsedMs: number): SimulatedStats {
    const { requests, admitted, completed, abandoned, refused, ...rest } = this.counts;
    const allowed = this.limiter.allowed('tokens', WARM_UP_MS, elapsedMs);
    const hasShare = elapsedMs > WARM_UP_MS && Number.isFinite(allowed);
    return {
      elapsedMs,
      requests,
      admitted,
      completed,
      abandoned,
      inFlight: admitted - completed - abandoned,
      refused,
      rejected: { ...this.rejected },
      faults: { ...this.faults },
      ...rest,
      utilisation: hasShare ? this.settledAfterWarmUp / allowed : null,
      mostTokensInAMinute: this.most.tokens,
      mostRequestsInAMinute: this.most.requests,
      keys: this.admittedByKey.size,
    };
  }

  /** Whether more of a quantity is in use than the last 60 seconds allow. */
  private watch(quantity: Quantity, now: number): boolean {
    const used = this.inAMinute[quantity].used(now);
    this.most[quantity] = Math.max(this.most[quantity], used);
    return used > this.limiter.allowed(quantity, now - MINUTE_MS, now) + EPSILON;
  }
}
