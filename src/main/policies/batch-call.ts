import { MillraceError } from '../../shared/errors.js';
import type { Step } from '../run/step.js';
import { BatchContext } from './batch-context.js';
import type { Member } from './batch-queue.js';
import { classifyError } from './classify-error.js';

/**
 * Makes one call for these items, and ends each of them. If the call fails because of one of its items (its error is
 * fatal, and of an item's scope), it is made again for each half, until only the bad ones are left. Where the first
 * half was good the second one can't be: it is halved without being tried as a whole.
 *
 * With b bad items among n that makes at most 1 + 2 b ⌈log₂ n⌉ calls, one after the other.
 */
export async function callBatch<I, O>(
  next: Step<I[], O[]>,
  leader: Member<I, O>,
  members: readonly Member<I, O>[],
): Promise<void> {
  if (await call(next, leader, members)) return;
  await splitBatch(next, leader, members);
}

/** For items of whom one is known to be bad. */
async function splitBatch<I, O>(
  next: Step<I[], O[]>,
  leader: Member<I, O>,
  members: readonly Member<I, O>[],
): Promise<void> {
  const middle = Math.ceil(members.length / 2);
  const first = members.slice(0, middle);
  const second = members.slice(middle);
  const isFirstGood = await call(next, leader, first);
  if (!isFirstGood) await splitBatch(next, leader, first);
  if (isFirstGood && second.length > 1) await splitBatch(next, leader, second);
  else await callBatch(next, leader, second);
}

/** False if the items have to be tried apart; else all of them have ended. */
async function call<I, O>(
  next: Step<I[], O[]>,
  leader: Member<I, O>,
  members: readonly Member<I, O>[],
): Promise<boolean> {
  using context = new BatchContext(leader, members);
  try {
    context.signal.throwIfAborted();
    const outputs = await next(
      members.map(({ input }) => input),
      context,
    );
    checkLength(outputs, members.length);
    members.forEach((member, i) => {
      member.end({ value: outputs[i]! });
    });
  } catch (thrown) {
    if (members.length > 1 && !context.signal.aborted && isOfAnItem(thrown)) return false;
    for (const member of members) member.end({ thrown });
  }
  return true;
}

const WRONG_LENGTH = new WeakSet<object>();

function isOfAnItem(thrown: unknown): boolean {
  if (WRONG_LENGTH.has(Object(thrown))) return false;
  const { category, scope } = classifyError(thrown);
  return category === 'fatal' && scope === 'item';
}

function checkLength(outputs: unknown, expected: number): void {
  if (Array.isArray(outputs) && outputs.length === expected) return;
  const received = Array.isArray(outputs) ? `${outputs.length} results` : typeof outputs;
  const error = new MillraceError(
    'MILLRACE_STEP_FAILED',
    `batchSteps: expected ${expected} results of a call for ${expected} items, received ${received}`,
    { sent: true },
  );
  WRONG_LENGTH.add(error);
  throw error;
}
