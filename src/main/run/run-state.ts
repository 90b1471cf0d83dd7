/** What an item waits for outside of its slot. */
export type WaitCause = 'retry' | 'limiter' | 'breaker' | 'pool' | 'connection' | 'coalesced';

/** Live counts of a run, in items. */
export interface RunState {
  /** How many items may run at once. */
  readonly concurrency: number;
  /** How many items the input has, where it tells. */
  readonly total: number | undefined;
  /** Ready, but without a slot: they came back from a wait, or are about to start. */
  readonly queued: number;
  /** Those that hold a slot: never more than `concurrency`. */
  readonly running: number;
  /** Those that gave their slot away, by what they wait for. */
  readonly waiting: Readonly<Record<WaitCause, number>>;
  readonly done: number;
  readonly failed: number;
  /** Those that never started, because an error ended the run for all. */
  readonly notRun: number;
}

/** Where an unsettled item is counted. */
export type Place = 'queued' | 'running' | WaitCause;

/** The counts behind a {@link RunState}. */
export class RunCounts implements RunState {
  queued = 0;
  running = 0;
  readonly waiting = { retry: 0, limiter: 0, breaker: 0, pool: 0, connection: 0, coalesced: 0 };
  done = 0;
  failed = 0;
  notRun = 0;

  constructor(
    readonly concurrency: number,
    readonly total: number | undefined,
  ) {}

  enter(place: Place): void {
    this.add(place, 1);
  }

  leave(place: Place): void {
    this.add(place, -1);
  }

  private add(place: Place, change: 1 | -1): void {
    if (place === 'running') this.running += change;
    else if (place === 'queued') this.queued += change;
    else this.waiting[place] += change;
  }
}
