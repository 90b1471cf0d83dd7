import { ConcurrencyLimit } from './concurrency-limit.js';
import type { Gate, TokenUse } from './gate.js';
import type { Limiter } from './limiter.js';
import type { Rates } from './limiter-options.js';

/** A gate with a limit that may be changed while it is in use. */
export interface AdjustableLimit {
  readonly gate: Gate;
  /** A rate a minute, or a number of calls at once. */
  limit: number;
  /** A call was let through. */
  took(use: TokenUse): void;
  /** The most of the limit that was in use in the last `elapsedMs`, from 0; begins anew. */
  use(elapsedMs: number): number;
  pause(durationMs: number): void;
}

export function adjustable(gate: Limiter | ConcurrencyLimit): AdjustableLimit {
  return gate instanceof ConcurrencyLimit ? new AdjustableConcurrency(gate) : new AdjustableRates(gate);
}

/** All rates of a limiter, in the proportions that they have: the limit is the first one. */
class AdjustableRates implements AdjustableLimit {
  private readonly names: readonly (keyof Rates)[];
  private readonly first: keyof Rates;
  private taken = 0;

  constructor(readonly gate: Limiter) {
    this.names = Object.keys(gate.rates) as (keyof Rates)[];
    this.first = this.names[0]!;
  }

  get limit(): number {
    return this.gate.rates[this.first]!;
  }

  set limit(limit: number) {
    const { rates } = this.gate;
    const factor = limit / rates[this.first]!;
    this.gate.setRates(Object.fromEntries(this.names.map((name) => [name, rates[name]! * factor])));
  }

  took({ inputTokens, outputTokens }: TokenUse): void {
    if (this.first === 'requestsPerMinute') this.taken += 1;
    else if (this.first === 'inputTokensPerMinute') this.taken += inputTokens;
    else this.taken += outputTokens + (this.first === 'tokensPerMinute' ? inputTokens : 0);
  }

  use(elapsedMs: number): number {
    const share = (this.taken * 60_000) / (elapsedMs * this.limit);
    this.taken = 0;
    return share;
  }

  pause(durationMs: number): void {
    this.gate.pause(durationMs);
  }
}

/** The number of calls at once. It has no pauses: a smaller limit is enough. */
class AdjustableConcurrency implements AdjustableLimit {
  private most = 0;

  constructor(readonly gate: ConcurrencyLimit) {}

  get limit(): number {
    return this.gate.limit;
  }

  set limit(limit: number) {
    this.gate.limit = Math.max(1, Math.floor(limit));
  }

  took(): void {
    this.most = Math.max(this.most, this.gate.active);
  }

  use(): number {
    const share = this.most / this.gate.limit;
    this.most = this.gate.active;
    return share;
  }

  pause(): void {}
}
