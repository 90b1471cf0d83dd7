import type { RunState } from './run-state.js';
import type { Step } from './step.js';

/** Measures runs and their items. */
export interface RunMeter {
  /** The step, measured. */
  measure<I, O>(step: Step<I, O>): Step<I, O>;
  runBegan(run: RunState): void;
  /** All that it started has settled. */
  runEnded(run: RunState): void;
}
