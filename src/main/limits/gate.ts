import type { WaitCause } from '../run/run-state.js';
import type { LimitHeaders } from './limit-headers.js';
import type { WaitingLine } from './waiting-line.js';

/** What a call is expected to take, or took, in tokens. Each call is one request, too. */
export interface TokenUse {
  inputTokens: number;
  outputTokens: number;
}

/** How a call ended that had been admitted. */
export interface CallEnding {
  /** Whether it was sent. Only what certainly was not is given back. */
  readonly sent: boolean | 'unknown';
  /** What it really took, if that is known; else what was reserved stays taken. */
  readonly usage?: TokenUse | undefined;
  /** What the response's headers say of the limits. */
  readonly limits?: LimitHeaders | undefined;
  /** What it threw, if it failed. */
  readonly error?: unknown;
  /** From its admission. */
  readonly durationMs: number;
}

/** What an admitted call holds of one gate, until it has ended. */
export interface Permit {
  /** The tokens that it reserves. */
  readonly reservedTokens?: number;
  /** Settles and gives back, once. */
  end(ending: CallEnding): void;
}

/** Something that a call has to pass: a rate, a number of calls at once, a circuit breaker. */
export interface Gate {
  /** What those wait for who can't pass. */
  readonly cause: WaitCause;
  readonly line: WaitingLine;
  /**
   * In how many milliseconds a call of this size may pass: 0 is now, infinity when the gate says so by its line.
   * Called for the one who is first in line.
   *
   * @throws MillraceError where it never may
   */
  waitMs(use: TokenUse, now: number): number;
  /** Lets one pass. Called only when `waitMs` said 0. */
  take(use: TokenUse, now: number): Permit;
}
