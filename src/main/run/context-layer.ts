import type { RunState, WaitCause } from './run-state.js';
import type { AttemptReport, StepContext } from './step.js';

/** A step's context as a policy hands it on; policies override what they change. */
export class ContextLayer implements StepContext {
  constructor(protected readonly under: StepContext) {}

  get index(): number {
    return this.under.index;
  }

  get key(): string {
    return this.under.key;
  }

  get attempt(): number {
    return this.under.attempt;
  }

  get priority(): number {
    return this.under.priority;
  }

  get signal(): AbortSignal {
    return this.under.signal;
  }

  get run(): RunState {
    return this.under.run;
  }

  get waitOutsideSlot(): <T>(cause: WaitCause, wait: () => Promise<T>) => Promise<T> {
    return this.under.waitOutsideSlot;
  }

  get report(): (facts: AttemptReport) => void {
    return this.under.report;
  }
}
