import type { Mismatch, Row } from './row.js';
import type { Size } from './vectors.js';

export interface SuiteOptions {
  /** Thread counts to measure, each for itself. */
  threads: readonly number[];
  /** Timed runs of each side. */
  runs: number;
  /** Smaller inputs, where the full ones take long. */
  quick: boolean;
  /** Instead of the suite's own, in suites that have sizes. */
  sizes?: readonly Size[] | undefined;
  /** Measures, too, how the time grows with the size, in suites that do. */
  growth: boolean;
}

/** Measures one part of the package, a row at a time; what it holds is closed when the loop over it ends. */
export type Suite = (options: SuiteOptions) => AsyncIterable<Row | Mismatch>;

export interface LoadedSuite {
  measure: Suite;
  /** Lines above the table: what the numbers depend on, beside the machine. */
  describe?(): Promise<string[]>;
  /** Lines below the table: what follows from its rows. */
  summarise?(rows: readonly Row[]): string[];
}
