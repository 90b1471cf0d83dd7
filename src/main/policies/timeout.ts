import { z } from 'zod';
import { type Clock, systemClock } from '../../shared/clock.js';
import { MillraceError } from '../../shared/errors.js';
import { checkOptions, numberFrom } from '../../shared/options.js';
import { ContextLayer } from '../run/context-layer.js';
import type { Step, StepContext } from '../run/step.js';
import { Deadlines } from './deadlines.js';

export interface TimeoutOptions {
  /** For tests and simulations. */
  clock?: Clock | undefined;
}

const schema = z.object({ timeoutMs: numberFrom(1, 2 ** 31 - 1) });

/**
 * Ends an attempt that takes longer: its `context.signal` aborts, and the item goes on with the error at once, whether
 * or not the step listens. Nobody knows whether what was sent was done, so a reservation of tokens stays.
 *
 * @throws MillraceError `MILLRACE_INVALID_ARGUMENT`; from the step: `MILLRACE_TIMEOUT`, transient.
 *
 * @example
 * const step = withPolicies((url, { signal }) => fetch(url, { signal }), retry(), timeout(30_000));
 */
export function timeout(
  timeoutMs: number,
  options: TimeoutOptions = {},
): <I, O>(next: Step<I, O>) => Step<I, O> {
  checkOptions('timeout', schema, { timeoutMs });
  const deadlines = new Deadlines(timeoutMs, options.clock ?? systemClock);
  return (next) => (input, context) =>
    new Promise((resolve, reject) => {
      const attempt = new TimedContext(context);
      const drop = deadlines.set(() => {
        const error = new MillraceError(
          'MILLRACE_TIMEOUT',
          `item "${context.key}" took longer than ${timeoutMs} ms`,
          {
            category: 'transient',
          },
        );
        attempt.abort(error);
        reject(error);
      });
      const end = () => {
        drop();
        attempt.release();
      };
      callStep(next, input, attempt).then(
        (output) => {
          end();
          resolve(output);
        },
        (error) => {
          end();
          reject(error);
        },
      );
    });
}

async function callStep<I, O>(next: Step<I, O>, input: I, context: StepContext): Promise<O> {
  return next(input, context);
}

/** A context whose signal aborts at the deadline, too. It costs nothing unless it is read. */
class TimedContext extends ContextLayer {
  private controller: AbortController | undefined;
  private readonly onAbort = () => this.controller?.abort(this.under.signal.reason);

  override get signal(): AbortSignal {
    if (this.controller === undefined) {
      this.controller = new AbortController();
      const { signal } = this.under;
      if (signal.aborted) this.onAbort();
      else signal.addEventListener('abort', this.onAbort, { once: true });
    }
    return this.controller.signal;
  }

  abort(reason: unknown): void {
    this.controller?.abort(reason);
  }

  release(): void {
    if (this.controller !== undefined) this.under.signal.removeEventListener('abort', this.onAbort);
  }
}
