import { ageingKey } from '../../shared/ageing.js';
import type { Clock } from '../../shared/clock.js';
import type { CallEnding, Gate, Permit, TokenUse } from './gate.js';
import type { InLine } from './waiting-line.js';

export interface AdmissionOptions {
  /** Gives the wait up; it then rejects with the signal's reason. */
  signal?: AbortSignal | undefined;
  /** Lower numbers go first. Default: 0. */
  priority?: number | undefined;
}

/** All that an admitted call holds: to be ended once, whatever became of the call. */
export class Lease implements Permit {
  private isEnded = false;

  /** @param takenAt - when it was let through, by the clock of the gates */
  constructor(
    private readonly permits: readonly Permit[],
    readonly takenAt: number,
  ) {}

  /** The tokens that it reserves, at the limiter that reserves most. */
  get reservedTokens(): number {
    let most = 0;
    for (const { reservedTokens = 0 } of this.permits) most = Math.max(most, reservedTokens);
    return most;
  }

  end(ending: CallEnding): void {
    if (this.isEnded) return;
    this.isEnded = true;
    for (const permit of this.permits) permit.end(ending);
  }
}

/** Numbers all who ever waited, so that the lines of all gates agree on who came first. */
let tickets = 0;

/**
 * Lets calls through several gates at once, all or nothing: whoever waits holds nothing. At each gate they pass in
 * the order of their keys, and whoever is first of a line keeps that place until all of its gates let it through:
 * a large call is never overtaken for ever by small ones. Of all who wait anywhere the first is the first of each of
 * its lines, so that no two can wait for each other.
 */
export class Admission {
  constructor(
    private readonly gates: readonly Gate[],
    private readonly clock: Clock,
  ) {
    for (const gate of gates) gate.line.onRetry = () => admitFrom(gate);
  }

  /** Passes at once, if nobody waits and all gates are open. */
  tryAcquire(use: TokenUse): Lease | undefined {
    const now = this.clock.now();
    for (const gate of this.gates) if (gate.line.size > 0 || gate.waitMs(use, now) > 0) return undefined;
    const permits = this.gates.map((gate) => gate.take(use, now));
    return new Lease(permits, now);
  }

  /** What a call would wait for now. */
  blocker(use: TokenUse): Gate | undefined {
    const now = this.clock.now();
    return (
      this.gates.find(({ line }) => line.size > 0) ?? this.gates.find((gate) => gate.waitMs(use, now) > 0)
    );
  }

  /** Passes as soon as it is its turn and all gates are open. @throws `signal.reason`, or what a gate throws */
  async acquire(use: TokenUse, options: AdmissionOptions = {}): Promise<Lease> {
    const { signal, priority = 0 } = options;
    signal?.throwIfAborted();
    const lease = this.tryAcquire(use);
    if (lease !== undefined) return lease;
    const key = ageingKey(this.clock.now(), priority);
    const waiter = new Waiter(this.gates, use, this.clock);
    const ticket = tickets++;
    for (const { line } of this.gates) line.join(waiter, key, ticket);
    const onAbort = () => waiter.giveUp(signal?.reason);
    signal?.addEventListener('abort', onAbort, { once: true });
    admitFrom(...this.gates);
    try {
      return await waiter.promise;
    } finally {
      signal?.removeEventListener('abort', onAbort);
    }
  }
}

/** A call that waits in the lines of all its gates. */
class Waiter implements InLine {
  isGone = false;
  readonly promise: Promise<Lease>;
  private resolve!: (lease: Lease) => void;
  private reject!: (reason: unknown) => void;

  constructor(
    readonly gates: readonly Gate[],
    private readonly use: TokenUse,
    private readonly clock: Clock,
  ) {
    this.promise = new Promise((resolve, reject) => {
      this.resolve = resolve;
      this.reject = reject;
    });
  }

  /** Passes if it can, else sees to it that it is tried again in time. True if its lines have a new first now. */
  tryToPass(): boolean {
    if (this.gates.some(({ line }) => line.first() !== this)) return false;
    const now = this.clock.now();
    try {
      for (const gate of this.gates) {
        const waitMs = gate.waitMs(this.use, now);
        if (waitMs === 0) continue;
        if (waitMs < Number.POSITIVE_INFINITY) gate.line.retryIn(waitMs);
        return false;
      }
    } catch (error) {
      this.leave();
      this.reject(error);
      return true;
    }
    this.leave();
    const permits = this.gates.map((gate) => gate.take(this.use, now));
    this.resolve(new Lease(permits, now));
    return true;
  }

  giveUp(reason: unknown): void {
    if (this.isGone) return;
    this.leave();
    this.reject(reason);
    admitFrom(...this.gates);
  }

  private leave(): void {
    this.isGone = true;
    for (const { line } of this.gates) line.left();
  }
}

/** Lets through whoever can pass, beginning with the firsts of these gates' lines. */
function admitFrom(...gates: readonly Gate[]): void {
  const changed = [...gates];
  for (let gate = changed.pop(); gate !== undefined; gate = changed.pop()) {
    const first = gate.line.first() as Waiter | undefined;
    if (first?.tryToPass()) changed.push(...first.gates);
  }
}
