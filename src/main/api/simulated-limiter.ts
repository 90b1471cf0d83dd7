import { RollingMinute } from './rolling-minute.js';
import { ServerBucket, type ServerLimit, ServerSlices } from './server-limit.js';
import type { LimitChange, SimulatedSettings } from './simulated-options.js';

/** The quantities that are limited, as OpenAI names them. */
export type Quantity = 'requests' | 'tokens';

/** What a request that was admitted took of each limit. */
export interface Taken {
  readonly amounts: Readonly<Record<Quantity, number>>;
  readonly marks: Partial<Record<Quantity, number>>;
}

/** Why a request is refused. */
export interface Refusal {
  readonly quantity: Quantity;
  readonly limit: number;
  readonly used: number;
  readonly requested: number;
  /** Infinity if it is larger than the limit. */
  readonly waitMs: number;
}

const MINUTE_MS = 60_000;

/** The limits of a simulated server. Times are since the first request. */
export class SimulatedLimiter {
  readonly limits = new Map<Quantity, ServerLimit>();
  private readonly rates = new Map<Quantity, number>();
  private readonly changes: LimitChange[];

  constructor(private readonly settings: SimulatedSettings) {
    this.changes = [...settings.changes];
    const { requestsPerMinute, tokensPerMinute } = settings;
    if (requestsPerMinute !== undefined) this.add('requests', requestsPerMinute);
    if (tokensPerMinute !== undefined) this.add('tokens', tokensPerMinute);
  }

  /** Takes a request if all limits have room for it. */
  admit(tokens: number, now: number): Taken | Refusal {
    this.pass(now);
    const amounts = { requests: 1, tokens };
    for (const [quantity, limit] of this.limits) {
      const waitMs = limit.waitMs(amounts[quantity], now);
      if (waitMs === 0) continue;
      return {
        quantity,
        limit: limit.perMinute,
        used: limit.used(now),
        requested: amounts[quantity],
        waitMs: this.longestWaitMs(amounts, now),
      };
    }
    const marks: Partial<Record<Quantity, number>> = {};
    for (const [quantity, limit] of this.limits) marks[quantity] = limit.take(amounts[quantity], now);
    return { amounts, marks };
  }

  /** A request that took `taken` really used so many tokens. */
  settle(taken: Taken, tokens: number, now: number): void {
    this.pass(now);
    this.limits.get('tokens')?.giveBack(taken.amounts.tokens - tokens, taken.marks.tokens!, now);
  }

  /** How much of a quantity may be used from one moment to another, as the limits change; infinity without a limit. */
  allowed(quantity: Quantity, fromMs: number, toMs: number): number {
    const rate = this.rates.get(quantity);
    if (rate === undefined) return Number.POSITIVE_INFINITY;
    let sum = 0;
    let at = fromMs;
    let factor = 1;
    for (const change of this.settings.changes) {
      const until = Math.min(toMs, Math.max(at, change.atMs));
      sum += (until - at) * factor;
      at = until;
      factor = change.factor;
    }
    return ((sum + (toMs - at) * factor) * rate) / MINUTE_MS;
  }

  /** Brings the limits to what they are now. */
  pass(now: number): void {
    while (this.changes.length > 0 && this.changes[0]!.atMs <= now) {
      const { atMs, factor } = this.changes.shift()!;
      for (const [quantity, limit] of this.limits) limit.change(this.rates.get(quantity)! * factor, atMs);
    }
  }

  private longestWaitMs(amounts: Readonly<Record<Quantity, number>>, now: number): number {
    return Math.max(...[...this.limits].map(([quantity, limit]) => limit.waitMs(amounts[quantity], now)));
  }

  private add(quantity: Quantity, perMinute: number): void {
    const { mode, isEmpty } = this.settings;
    this.rates.set(quantity, perMinute);
    this.limits.set(
      quantity,
      mode === 'window'
        ? new RollingMinute(perMinute, isEmpty)
        : mode === 'slices'
          ? new ServerSlices(perMinute, isEmpty)
          : new ServerBucket(perMinute, isEmpty),
    );
  }
}
