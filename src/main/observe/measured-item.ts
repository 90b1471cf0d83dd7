import type { Clock } from '../../shared/clock.js';
import { ContextLayer } from '../run/context-layer.js';
import type { WaitCause } from '../run/run-state.js';
import type { AttemptReport, StepContext } from '../run/step.js';

/** Where an item's numbers go. */
export interface ItemRecorder {
  readonly clock: Clock;
  attempted(durationMs: number): void;
  waited(cause: WaitCause, durationMs: number): void;
  reported(facts: AttemptReport): void;
}

/**
 * The context of an item that is measured: sees its waits and its attempts. An attempt is as long as the item works at
 * it, waits outside of its slot not included; an item whose result was cached has none.
 */
export class MeasuredItem extends ContextLayer {
  readonly beganAt: number;
  private attemptBeganAt: number;
  private isAttempting = true;
  private openWaits = 0;
  private waitingSince = 0;
  /** How long the attempt waited. */
  private waitedMs = 0;

  constructor(
    under: StepContext,
    private readonly recorder: ItemRecorder,
  ) {
    super(under);
    this.beganAt = recorder.clock.now();
    this.attemptBeganAt = this.beganAt;
  }

  override get waitOutsideSlot() {
    return <T>(cause: WaitCause, wait: () => Promise<T>): Promise<T> => this.wait(cause, wait);
  }

  override get report() {
    return (facts: AttemptReport): void => {
      if (facts.attempt !== undefined || facts.cache === 'miss') {
        const now = this.recorder.clock.now();
        if (facts.attempt !== undefined) this.endAttempt(now);
        this.beginAttempt(now);
      } else if (facts.cache !== undefined) this.isAttempting = false;
      this.recorder.reported(facts);
      this.under.report(facts);
    };
  }

  /** It is over. Returns how long it took, in milliseconds. */
  end(now: number): number {
    this.endAttempt(now);
    return now - this.beganAt;
  }

  private beginAttempt(now: number): void {
    this.attemptBeganAt = now;
    this.waitedMs = 0;
    this.isAttempting = true;
  }

  private endAttempt(now: number): void {
    if (!this.isAttempting) return;
    this.isAttempting = false;
    this.recorder.attempted(Math.max(0, now - this.attemptBeganAt - this.waitedMs));
  }

  private async wait<T>(cause: WaitCause, wait: () => Promise<T>): Promise<T> {
    const { clock } = this.recorder;
    const beganAt = clock.now();
    if (cause === 'retry') this.endAttempt(beganAt);
    if (this.openWaits++ === 0) this.waitingSince = beganAt;
    try {
      return await this.under.waitOutsideSlot(cause, wait);
    } finally {
      const now = clock.now();
      if (--this.openWaits === 0) this.waitedMs += now - this.waitingSince;
      this.recorder.waited(cause, now - beganAt);
    }
  }
}
