import type { RunState, WaitCause } from '../run/run-state.js';

/** The runs whose items are measured: those that are under way, to be looked at when somebody asks. */
export class WatchedRuns {
  /** Whether a run says itself when it ends. Others are dropped once they are idle and another one is seen. */
  private readonly runs = new Map<RunState, 'told' | 'seen'>();
  private latest: RunState | undefined;
  private pastNotRun = 0;

  began(run: RunState): void {
    this.runs.set(run, 'told');
  }

  ended(run: RunState): void {
    this.runs.delete(run);
    this.latest = undefined;
    this.pastNotRun += run.notRun;
  }

  /** An item of this run begins. */
  see(run: RunState): void {
    if (run === this.latest) return;
    this.latest = run;
    if (this.runs.has(run)) return;
    for (const [known, kind] of this.runs) if (kind === 'seen' && isIdle(known)) this.runs.delete(known);
    this.runs.set(run, 'seen');
  }

  /** Items that hold a slot. */
  get running(): number {
    return this.sum((run) => run.running);
  }

  /** Items that have not started, where the input tells how many it has; else those that are ready, without a slot. */
  get queued(): number {
    let total = 0;
    for (const [run, kind] of this.runs) {
      const isOver = kind === 'seen' && isIdle(run);
      if (!isOver) total += run.total === undefined ? run.queued : run.total - begun(run);
    }
    return total;
  }

  get notRun(): number {
    return this.pastNotRun + this.sum((run) => run.notRun);
  }

  waiting(cause: WaitCause): number {
    return this.sum((run) => run.waiting[cause]);
  }

  /** The share of slots that are taken, in the runs that are under way; 0 if none is. */
  get utilization(): number {
    const slots = this.sum((run) => (isIdle(run) ? 0 : run.concurrency));
    return slots === 0 ? 0 : this.running / slots;
  }

  private sum(count: (run: RunState) => number): number {
    let total = 0;
    for (const run of this.runs.keys()) total += count(run);
    return total;
  }
}

function isIdle(run: RunState): boolean {
  return run.running + run.queued + waitingIn(run) === 0;
}

function waitingIn({ waiting }: RunState): number {
  let total = 0;
  for (const items of Object.values(waiting)) total += items;
  return total;
}

/** Items that are no longer on their way to a slot. */
function begun(run: RunState): number {
  return run.running + waitingIn(run) + run.done + run.failed + run.notRun;
}
