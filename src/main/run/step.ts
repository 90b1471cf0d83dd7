import type { MillraceError } from '../../shared/errors.js';
import type { RunState, WaitCause } from './run-state.js';

/** What a run works off. It is pulled item by item, only when one can start, and never by two calls at once. */
export type Inputs<I> = Iterable<I> | AsyncIterable<I>;

/**
 * What is done with each item. It runs on the main thread, and steps that never wait for anything outside keep
 * timers and sockets from their turn: give calculations to worker threads by `jobStep` or `workerStep`.
 */
export type Step<I, O> = (input: I, context: StepContext) => Promise<O> | O;

/** Tokens, input and output together. */
export interface TokenFlow {
  readonly reserved: number;
  readonly used: number;
  readonly refunded: number;
}

/** What an attempt can tell of itself, to whichever policy asks. */
export interface AttemptReport {
  /** Whether a request left. Only what certainly did not gives its reservation back. */
  readonly sent?: boolean;
  /** The tokens that the other side counted. */
  readonly usage?: { readonly inputTokens: number; readonly outputTokens: number };
  /** The headers of the response, for what they say of limits. */
  readonly headers?: Iterable<readonly [string, string]>;
  /** A policy starts an attempt of this number. */
  readonly attempt?: number;
  /** What a call took of a limiter's tokens: reserved before it was sent, used, and given back. */
  readonly tokens?: TokenFlow;
  /** Where a cached result came from: it was there, was made for this item, or for another one. */
  readonly cache?: 'hit' | 'miss' | 'coalesced';
}

/** What a step knows about its item and its run. It may be destructured. */
export interface StepContext {
  /** The item's place in the input, from 0. */
  readonly index: number;
  /** The item's name: `options.key(input, index)`, else the index as a string. */
  readonly key: string;
  /** Which attempt at this item this is, from 1. */
  readonly attempt: number;
  /** Its priority, lower before higher: `options.priority(input)`, else 0. */
  readonly priority: number;
  /**
   * Aborts when the run stops early: by its own signal, by an error, or because a loop was left. It is made when
   * it is first read (some 2 µs), one for each item, so what listens to it is gone with the item.
   */
  readonly signal: AbortSignal;
  /** Live counts of the whole run. */
  readonly run: RunState;
  /**
   * Waits for something without holding a slot, so that other items run meanwhile, and goes on as soon as there
   * is a slot again: before new items, in the order in which waits end, also if `wait` rejects. Waits inside of
   * or beside each other are one: the slot comes back with the last that ends.
   *
   * Once the run has stopped, a new wait rejects with the signal's reason and `wait` is not called. A wait that
   * is under way ends as `wait` does (so that nothing it acquired is lost; let it listen to the signal) and goes
   * on without a slot, for what is left to do is cleaning up.
   *
   * @example
   * const connection = await context.waitOutsideSlot('connection', () => connections.acquire(context.signal));
   */
  waitOutsideSlot<T>(cause: WaitCause, wait: () => Promise<T>): Promise<T>;
  /** Tells the policies around the step what happened. Later facts replace earlier ones. */
  report(facts: AttemptReport): void;
}

/** Wraps a step into one that does more. */
export type Policy<I, O, P = O> = (next: Step<I, O>) => Step<I, P>;

/**
 * How an item ended. `done`: with a value. `failed`: its step threw. `notRun`: it never started. `unknown`: it
 * started, and nobody can tell how it ended. Errors that are not a `MillraceError` are the `cause` of one with
 * the code `MILLRACE_STEP_FAILED`.
 */
export type Outcome<O> = {
  readonly index: number;
  readonly key: string;
  /** How often the item was tried. */
  readonly attempts: number;
} & (
  | { readonly state: 'done'; readonly value: O }
  | { readonly state: 'failed' | 'unknown' | 'notRun'; readonly error: MillraceError }
);
