import { z } from 'zod';
import { type Clock, systemClock } from '../../shared/clock.js';
import { isMillraceError, MillraceError } from '../../shared/errors.js';
import { checkOptions, count, numberFrom } from '../../shared/options.js';
import { CallWindow } from './call-window.js';
import type { CallEnding, Gate, Permit } from './gate.js';
import { WaitingLine } from './waiting-line.js';

export type BreakerState = 'closed' | 'open' | 'halfOpen' | 'forcedOpen' | 'disabled';

export interface CircuitBreakerOptions {
  /** Opens at this share of failures. From 0 to 1. Default: 0.5. */
  failureRate?: number | undefined;
  /** Opens at so many failures in the window, whatever their share. Default: none. */
  failureThreshold?: number | undefined;
  /** A call that takes longer counts as slow. Default: none does. */
  slowCallMs?: number | undefined;
  /** Opens at this share of slow calls. Default: 1. */
  slowCallRate?: number | undefined;
  /** How many calls are looked at: the last so many. Default: 100. */
  windowCalls?: number | undefined;
  /** Looks at the calls of so many milliseconds instead. */
  windowMs?: number | undefined;
  /** A share is not looked at before so many calls. Default: 10. */
  minimumCalls?: number | undefined;
  /** How long it stays open the first time; twice as long each time that the probes fail. Default: 1000. */
  openMs?: number | undefined;
  /** It never stays open longer. Default: 60,000. */
  maxOpenMs?: number | undefined;
  /** How many calls go through while it is half open: exactly so many. Default: 3. */
  halfOpenProbes?: number | undefined;
  /** Probes that have not ended by then count as failed. Default: 60,000. */
  maxHalfOpenMs?: number | undefined;
  /** Opens when all calls were refused (429) for so long, and none succeeded. Default: 120,000. */
  noSuccessMs?: number | undefined;
  /** Calls that come while it is open `wait`, or are rejected. Default: `wait`. */
  whenOpen?: 'wait' | 'reject' | undefined;
  /** What counts as a failure. Default: errors of the category `transient`. */
  isFailure?: ((error: unknown) => boolean) | undefined;
  /** Told of each change. */
  onChange?: ((to: BreakerState, from: BreakerState) => void) | undefined;
  /** For tests and simulations. */
  clock?: Clock | undefined;
}

const schema = z.strictObject({
  failureRate: numberFrom(0, 1).optional(),
  failureThreshold: count(1).optional(),
  slowCallMs: numberFrom(0, Number.MAX_VALUE).optional(),
  slowCallRate: numberFrom(0, 1).optional(),
  windowCalls: count(1).optional(),
  windowMs: numberFrom(1, Number.MAX_VALUE).optional(),
  minimumCalls: count(1).optional(),
  openMs: numberFrom(1, Number.MAX_VALUE).optional(),
  maxOpenMs: numberFrom(1, Number.MAX_VALUE).optional(),
  halfOpenProbes: count(1).optional(),
  maxHalfOpenMs: numberFrom(1, Number.MAX_VALUE).optional(),
  noSuccessMs: numberFrom(1, Number.MAX_VALUE).optional(),
  whenOpen: z.enum(['wait', 'reject'], "expected 'wait' or 'reject'").optional(),
  isFailure: z.custom<(error: unknown) => boolean>((value) => typeof value === 'function').optional(),
  onChange: z
    .custom<NonNullable<CircuitBreakerOptions['onChange']>>((value) => typeof value === 'function')
    .optional(),
  clock: z.custom<Clock>().optional(),
});

type Settings = {
  [Name in Exclude<keyof CircuitBreakerOptions, 'windowMs' | 'onChange' | 'clock'>]-?: NonNullable<
    CircuitBreakerOptions[Name]
  >;
};

const DEFAULTS: Settings = {
  failureRate: 0.5,
  failureThreshold: Number.POSITIVE_INFINITY,
  slowCallMs: Number.POSITIVE_INFINITY,
  slowCallRate: 1,
  windowCalls: 100,
  minimumCalls: 10,
  openMs: 1000,
  maxOpenMs: 60_000,
  halfOpenProbes: 3,
  maxHalfOpenMs: 60_000,
  noSuccessMs: 120_000,
  whenOpen: 'wait',
  isFailure: (error: unknown) => isMillraceError(error) && error.category === 'transient',
};

/** What a state holds. `era` tells calls that were admitted in an earlier state. */
type State =
  | { readonly name: 'closed'; readonly calls: CallWindow; refusedSince: number | undefined }
  | { readonly name: 'open'; readonly until: number; readonly openMs: number }
  | {
      readonly name: 'halfOpen';
      left: number;
      ended: number;
      failed: number;
      readonly until: number;
      readonly openMs: number;
    }
  | { readonly name: 'forcedOpen' }
  | { readonly name: 'disabled' };

/**
 * Stops calls to a service that fails, and tries with a few whether it is back: a circuit breaker with the semantics
 * of resilience4j.
 *
 * ```
 *   closed ──too many failures or slow calls──▶ open ──after openMs──▶ halfOpen ──probes good──▶ closed
 *                                                ▲                         │
 *                                                └── probes bad, or hung ──┘ (openMs doubles)
 * ```
 *
 * Refusals (429) are the limiter's and don't count, but if for `noSuccessMs` there was nothing else it opens. What was
 * aborted or wasn't sent doesn't count either, and gives a probe's place back. A call that ends in another state than
 * it began in is passed over.
 *
 * @throws MillraceError `MILLRACE_INVALID_ARGUMENT`
 *
 * @example
 * const breaker = new CircuitBreaker({ failureThreshold: 10, openMs: 60_000, halfOpenProbes: 3 });
 * const step = withPolicies(callApi, retry(), circuitBreaker(breaker));
 */
export class CircuitBreaker implements Gate {
  readonly cause = 'breaker';
  readonly line: WaitingLine;
  private readonly options: Settings & CircuitBreakerOptions;
  private readonly clock: Clock;
  private current: State;

  constructor(options: CircuitBreakerOptions = {}) {
    const given = checkOptions('CircuitBreaker', schema, options);
    const known = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
    this.options = { ...DEFAULTS, ...known };
    this.clock = options.clock ?? systemClock;
    this.line = new WaitingLine(this.clock);
    this.current = this.closedState();
  }

  get state(): BreakerState {
    return this.current.name;
  }

  /** Lets nothing through until `close()`. */
  forceOpen(): void {
    this.enter({ name: 'forcedOpen' });
  }

  /** Lets everything through and counts nothing, until `close()`. */
  disable(): void {
    this.enter({ name: 'disabled' });
  }

  /** Begins anew, closed. */
  close(): void {
    this.enter(this.closedState());
  }

  waitMs(_use: unknown, now: number): number {
    this.pass(now);
    const state = this.current;
    if (state.name === 'closed' || state.name === 'disabled') return 0;
    if (state.name === 'halfOpen' && state.left > 0) return 0;
    if (this.options.whenOpen === 'reject') throw rejection(state.name);
    if (state.name === 'forcedOpen') return Number.POSITIVE_INFINITY;
    return Math.max(0, state.until - now);
  }

  take(): Permit {
    const state = this.current;
    if (state.name === 'halfOpen') state.left--;
    return { end: (ending) => this.ended(state, ending) };
  }

  private ended(state: State, ending: CallEnding): void {
    const now = this.clock.now();
    this.pass(now);
    if (state !== this.current) return;
    const kind = this.kindOf(ending);
    if (state.name === 'halfOpen') this.probed(state, kind, now);
    else if (state.name === 'closed') this.counted(state, kind, now);
  }

  private counted(state: State & { name: 'closed' }, kind: CallKind, now: number): void {
    if (kind === 'ignored') return;
    if (kind === 'refused') {
      state.refusedSince ??= now;
      if (now - state.refusedSince >= this.options.noSuccessMs) this.open(this.options.openMs, now);
      return;
    }
    if (kind !== 'failed') state.refusedSince = undefined;
    state.calls.add(kind, now);
    const { calls, failed, slow } = state.calls.counts(now);
    const { minimumCalls, failureRate, failureThreshold, slowCallRate } = this.options;
    const isJudged = calls >= minimumCalls;
    const isBad = isJudged && (failed / calls >= failureRate || (slow > 0 && slow / calls >= slowCallRate));
    if (kind === 'good' && !isBad) return;
    if (isBad || failed >= failureThreshold) this.open(this.options.openMs, now);
  }

  private probed(state: State & { name: 'halfOpen' }, kind: CallKind, now: number): void {
    if (kind === 'ignored' || kind === 'refused') {
      state.left++;
      this.line.retry();
      return;
    }
    state.ended++;
    if (kind !== 'good') state.failed++;
    const { halfOpenProbes, failureRate } = this.options;
    if (state.failed / halfOpenProbes >= failureRate && state.failed > 0) this.open(2 * state.openMs, now);
    else if (state.ended === halfOpenProbes) this.enter(this.closedState());
  }

  private kindOf({ error, sent, durationMs }: CallEnding): CallKind {
    const isSlow = durationMs > this.options.slowCallMs;
    if (error === undefined) return isSlow ? 'slow' : 'good';
    if (this.options.isFailure(error)) return 'failed';
    if (isMillraceError(error) && error.category === 'retryable') return 'refused';
    // The other side answered: it works, whatever it made of the item.
    if (sent === true) return isSlow ? 'slow' : 'good';
    return 'ignored';
  }

  /** What time alone brings about. */
  private pass(now: number): void {
    const { current: state } = this;
    if (state.name === 'open' && now >= state.until) {
      const { halfOpenProbes, maxHalfOpenMs } = this.options;
      const until = now + maxHalfOpenMs;
      this.enter(
        { name: 'halfOpen', left: halfOpenProbes, ended: 0, failed: 0, until, openMs: state.openMs },
        false,
      );
    } else if (state.name === 'halfOpen' && now >= state.until) {
      this.open(2 * state.openMs, now);
    }
  }

  private open(wantedMs: number, now: number): void {
    const openMs = Math.min(wantedMs, this.options.maxOpenMs);
    this.enter({ name: 'open', until: now + openMs, openMs });
  }

  /** @param wakes - whether those in line are told: not while they are asking */
  private enter(state: State, wakes = true): void {
    const from = this.current.name;
    this.current = state;
    if (from !== state.name) this.options.onChange?.(state.name, from);
    if (wakes) this.line.retry();
  }

  private closedState(): State {
    const { windowCalls, windowMs } = this.options;
    return { name: 'closed', calls: new CallWindow(windowCalls, windowMs), refusedSince: undefined };
  }
}

type CallKind = 'good' | 'slow' | 'failed' | 'refused' | 'ignored';

function rejection(state: BreakerState): MillraceError {
  return new MillraceError(
    'MILLRACE_CIRCUIT_OPEN',
    `the circuit breaker is ${state}: the call was not made`,
    {
      category: 'transient',
      sent: false,
    },
  );
}
