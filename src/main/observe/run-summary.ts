import type { ErrorCategory } from '../../shared/errors.js';
import type { Percentiles } from '../../shared/histogram.js';
import type { WaitCause } from '../run/run-state.js';
import type { TokenFlow } from '../run/step.js';

/** How often and how long items waited outside of their slots for one cause. */
export interface WaitSummary extends Percentiles {
  readonly totalMs: number;
}

/** What became of the items of an operation, and how long everything took. */
export interface RunSummary {
  readonly label: string;
  /** Items that started. */
  readonly items: number;
  readonly done: number;
  readonly failed: number;
  /** Items that never started, because an error ended the run for all. Known for runs that were given `metrics`. */
  readonly notRun: number;
  /** For how long anything was under way, in milliseconds. */
  readonly durationMs: number;
  /** Items that settled in a second of that. */
  readonly throughput: number;
  /** Of whole items, with their waits and retries. In milliseconds. */
  readonly task: Percentiles;
  /** Of single attempts, without waits; cached results have none. In milliseconds. */
  readonly attempt: Percentiles;
  /** Only of causes that there were. */
  readonly waits: Readonly<Partial<Record<WaitCause, WaitSummary>>>;
  /** What calls took of limiters. */
  readonly tokens: TokenFlow;
  readonly retries: number;
  readonly cache: { readonly hits: number; readonly misses: number; readonly coalesced: number };
  /** Failed items by category. */
  readonly errors: Readonly<Partial<Record<ErrorCategory, number>>>;
}
