/** What happened at a limit since the sample before. */
export interface LimitSample {
  /** When it was taken, in milliseconds of any steady clock. */
  readonly nowMs: number;
  /** The most of the limit that was in use, from 0 to 1; 1 if somebody waited for it. */
  readonly use: number;
  /** Calls that ended well, or with an error that the other side answered for. */
  readonly succeeded: number;
  /** Calls that the other side refused (HTTP status 429); those that were sent before the last change don't count. */
  readonly refused: number;
  /** Calls that nobody answered: time-outs, lost connections, errors of the server. */
  readonly dropped: number;
  /** The mean duration of the calls that succeeded. NaN if there are none. */
  readonly meanMs: number;
  /** For how long the other side asked to be left alone. */
  readonly retryAfterMs?: number | undefined;
}

/** What an algorithm has decided. */
export interface LimitDecision {
  /** A rate, or a number of calls at once. */
  readonly limit: number;
  /** Nothing is to be sent before, in milliseconds of the samples' clock. */
  readonly pausedUntilMs: number;
}

/** How a limit follows what happens: a pure function from sample to sample. */
export interface LimitAlgorithm<S extends LimitDecision = LimitDecision> {
  begin(limit: number): S;
  decide(sample: LimitSample, state: S): S;
}

/** So many calls may be lost by chance without saying anything about the limit. */
const LOST_BY_CHANCE = 0.05;

/** Whether calls were lost that are no matter of chance. */
export function hasLost({ succeeded, dropped }: LimitSample): boolean {
  return dropped > LOST_BY_CHANCE * (succeeded + dropped);
}
