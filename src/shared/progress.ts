/** How far a long call is. Counts are in `unit`s; `total` is absent while it isn't known. */
export interface ProgressReport {
  /** What is being done: the name of a stage or the caller's `label`. */
  readonly label: string;
  readonly done: number;
  readonly total?: number;
  /** What is counted, in the plural: `files`, `tiles`, `items`. */
  readonly unit: string;
  /** How many bytes have been read for it, where that is counted. */
  readonly bytes?: number;
  /** What holds it up, if anything does: such as calls that are tried again, and why. */
  readonly note?: string;
  /** An estimate of how long it will still take, where there is one. */
  readonly msLeft?: number;
}

/** Receives the progress of a long call. It observes only: what it throws is not caught. */
export type ProgressSink = (report: ProgressReport) => void;
