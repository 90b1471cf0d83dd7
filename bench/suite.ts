import type { Mismatch, Row } from './row.js';

export interface SuiteOptions {
  /** Thread counts to measure, each for itself. */
  threads: readonly number[];
  /** Timed runs of each side. */
  runs: number;
  /** Smaller inputs, where the full ones take long. */
  quick: boolean;
}

/** Measures one part of the package, a row at a time; what it holds is closed when the loop over it ends. */
export type Suite = (options: SuiteOptions) => AsyncIterable<Row | Mismatch>;
