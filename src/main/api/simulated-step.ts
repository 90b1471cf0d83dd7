import { sleep } from '../../shared/clock.js';
import { MillraceError } from '../../shared/errors.js';
import type { TokenUse } from '../limits/gate.js';
import type { Step } from '../run/step.js';
import { failedAnswer, responseError } from './response-error.js';
import { type AdmittedCall, isAdmitted, type SimulatedApi, type SimulatedRequest } from './simulated-api.js';

/**
 * A step that calls a simulated API without a network: it takes the time that the call takes on the API's clock, tells
 * what happened as a real client does, and throws what that one throws. For tests, simulations and rehearsals.
 *
 * @param toRequest - what the call of an item weighs
 *
 * @example
 * const clock = new VirtualClock();
 * const api = new SimulatedApi({ limits: { tokensPerMinute: 90_000 }, clock });
 * const step = withPolicies(simulatedStep(api, toRequest), retry({ clock }), tokenBudget(limiter));
 * await clock.run(settleConcurrent(items, step, { concurrency: 64 }));
 */
export function simulatedStep<I>(
  api: SimulatedApi,
  toRequest: (input: I) => SimulatedRequest,
): Step<I, TokenUse> {
  return async (input, context) => {
    const { signal } = context;
    const { clock } = api.settings;
    const request = toRequest(input);
    const call = api.admit({ key: context.key, ...request });
    if (!isAdmitted(call)) {
      await sleep(clock, call.latencyMs, signal);
      const headers = Object.entries(call.headers);
      context.report({ sent: true, headers });
      throw responseError(CALL, { status: call.status, headers, error: call.error }, (text) => text);
    }
    try {
      await sleep(clock, call.latencyMs, signal);
      await breakOff(call, signal);
      call.complete();
      const usage = { inputTokens: request.promptTokens, outputTokens: call.outputTokens };
      if (call.broken !== undefined) throw failedAnswer(`${CALL}: the answer is ${call.broken}`);
      context.report({ sent: true, usage, headers: Object.entries(call.headers) });
      return usage;
    } finally {
      call.abandon();
    }
  };
}

const CALL = 'a simulated call';

/** Calls whose connection is reset, or that nobody answers. */
async function breakOff({ broken }: AdmittedCall, signal: AbortSignal): Promise<void> {
  if (broken === 'reset')
    throw new MillraceError('MILLRACE_CALL_FAILED', `${CALL}: ECONNRESET`, { category: 'transient' });
  if (broken !== 'stall') return;
  await new Promise((_, reject) => {
    if (signal.aborted) reject(signal.reason);
    else signal.addEventListener('abort', () => reject(signal.reason), { once: true });
  });
}
