import { RunCounts } from './run-state.js';
import type { StepContext } from './step.js';

/** The context of a step that is called outside of any run. */
export function loneContext(): StepContext {
  return {
    index: 0,
    key: '0',
    attempt: 1,
    priority: 0,
    signal: new AbortController().signal,
    run: new RunCounts(1, 1),
    waitOutsideSlot: (_cause, wait) => wait(),
    report: () => {},
  };
}
