import { isMillraceError } from '../../shared/errors.js';
import { Admission, type Lease } from '../limits/admission.js';
import type { TokenUse } from '../limits/gate.js';
import { type LimitHeaders, readLimitHeaders } from '../limits/limit-headers.js';
import { ContextLayer } from '../run/context-layer.js';
import type { AttemptReport, Step, StepContext } from '../run/step.js';
import type { GateUse } from './gate-policy.js';

/**
 * Lets each call through all of these gates at once, as one lease, and settles it when the call has ended, by what
 * the step reported, else by what its output tells. Who waits gives the slot away.
 */
export function admit(uses: readonly GateUse[]): <I, O>(next: Step<I, O>) => Step<I, O> {
  const { clock } = uses[0]!.gate.line;
  const admission = new Admission(
    uses.map(({ gate }) => gate),
    clock,
  );
  const estimate = uses.find((use) => use.estimate !== undefined)?.estimate as
    | ((input: unknown) => number | TokenUse)
    | undefined;
  const usage = uses.find((use) => use.usage !== undefined)?.usage as
    | ((output: unknown) => TokenUse | undefined)
    | undefined;

  return (next) => async (input, context) => {
    const use = tokenUse(estimate?.(input));
    const lease = admission.tryAcquire(use) ?? (await waitFor(admission, use, context));
    const call = new AdmittedCall(context);
    try {
      const output = await next(input, call);
      const { sent = true, limits } = call;
      const used = call.usage ?? usage?.(output);
      lease.end({ sent, limits, usage: used, durationMs: clock.now() - lease.takenAt });
      reportTokens(context, lease.reservedTokens, sent, used);
      return output;
    } catch (error) {
      const { usage: used, limits, sent = sentBy(error) } = call;
      lease.end({ sent, usage: used, limits, error, durationMs: clock.now() - lease.takenAt });
      reportTokens(context, lease.reservedTokens, sent, used);
      throw error;
    }
  };
}

const NOTHING: TokenUse = { inputTokens: 0, outputTokens: 0 };

function tokenUse(estimate: number | TokenUse | undefined): TokenUse {
  if (estimate === undefined) return NOTHING;
  return typeof estimate === 'number' ? { inputTokens: estimate, outputTokens: 0 } : estimate;
}

async function waitFor(admission: Admission, use: TokenUse, context: StepContext): Promise<Lease> {
  const { priority } = context;
  const cause = admission.blocker(use)?.cause ?? 'limiter';
  const lease = await context.waitOutsideSlot(cause, () =>
    admission.acquire(use, { signal: context.signal, priority }),
  );
  const { signal } = context;
  if (!signal.aborted) return lease;
  lease.end({ sent: false, durationMs: 0 });
  throw signal.reason;
}

/** What a call took of the limiter's tokens: as the limiter settles it. */
function reportTokens(
  context: StepContext,
  reserved: number,
  sent: boolean | 'unknown',
  usage: TokenUse | undefined,
): void {
  if (reserved === 0 && usage === undefined) return;
  const counted = usage === undefined ? reserved : usage.inputTokens + usage.outputTokens;
  const used = sent === false ? 0 : counted;
  context.report({ tokens: { reserved, used, refunded: Math.max(0, reserved - used) } });
}

/** Keeps what the step tells of its call. */
class AdmittedCall extends ContextLayer {
  sent: boolean | undefined;
  usage: TokenUse | undefined;
  limits: LimitHeaders | undefined;

  override get report() {
    return (facts: AttemptReport): void => {
      this.sent = facts.sent ?? this.sent;
      this.usage = facts.usage ?? this.usage;
      if (facts.headers !== undefined) this.limits = readLimitHeaders(facts.headers);
      this.under.report(facts);
    };
  }
}

function sentBy(error: unknown): boolean | 'unknown' {
  return isMillraceError(error) ? error.sent : 'unknown';
}
