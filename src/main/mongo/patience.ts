import type { MongoClient } from 'mongodb';
import { type Clock, sleep, systemClock } from '../../shared/clock.js';
import { admit } from '../policies/admit.js';
import { gatePolicy } from '../policies/gate-policy.js';
import { loneContext } from '../run/lone-context.js';
import type { Step } from '../run/step.js';
import { withPolicies } from '../run/with-policies.js';
import { commandError } from './command-error.js';
import { PoolGauge } from './pool-gauge.js';
import { graceAfter, untilAborted } from './until-aborted.js';

/** Whether an error of the driver may pass: the network, or the state of the server. */
export function isWorthAnotherTry(error: unknown): boolean {
  return commandError(error).category === 'transient';
}

const ATTEMPTS = 8;
const FIRST_WAIT_MS = 50;
const MAX_WAIT_MS = 5000;

/**
 * Makes calls of a client's server, through the pool's gate, one after the other. A call is tried again up to 8 times without
 * any success between, after waits from 50 ms that double; a server that doesn't answer is given up a second after an abort.
 */
export class Patience {
  private failures = 0;
  private readonly admitted: Step<() => Promise<unknown>, unknown>;

  constructor(
    client: MongoClient,
    private readonly clock: Clock = systemClock,
  ) {
    const gate = PoolGauge.of(client).gate();
    this.admitted = withPolicies((call) => gate.run(call), gatePolicy({ gate }, admit));
  }

  /** It worked. */
  restore(): void {
    this.failures = 0;
  }

  /** Waits before the next attempt. @throws `error`, once it was enough */
  async wait(error: unknown, signal: AbortSignal | undefined): Promise<void> {
    if (++this.failures >= ATTEMPTS) throw error;
    const mostMs = Math.min(MAX_WAIT_MS, FIRST_WAIT_MS * 2 ** this.failures);
    await sleep(this.clock, mostMs * (0.5 + Math.random() / 2), signal);
  }

  /** Makes a call once. @throws what it throws; `signal.reason` */
  async once<T>(call: () => Promise<T>, signal: AbortSignal | undefined): Promise<T> {
    const late = signal && graceAfter(signal);
    const context = { ...loneContext(), ...(late && { signal: late }) };
    return (await this.admitted(() => untilAborted(call(), late), context)) as T;
  }

  async keepTrying<T>(call: () => Promise<T>, signal: AbortSignal | undefined): Promise<T> {
    for (;;) {
      try {
        const value = await this.once(call, signal);
        this.restore();
        return value;
      } catch (error) {
        signal?.throwIfAborted();
        if (!isWorthAnotherTry(error)) throw error;
        await this.wait(error, signal);
      }
    }
  }
}
