import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import type { Collection } from 'mongodb';
import { type Clock, sleep, systemClock } from '../../shared/clock.js';
import { hasCode, MillraceError } from '../../shared/errors.js';
import { graceAfter, untilAborted } from './until-aborted.js';

interface LeaseDocument {
  _id: string;
  owner: string;
  pid: number;
  host: string;
  /** Counts up while the owner lives. */
  beat: number;
}

const BEAT_MS = 3000;
/** An owner without a beat for so long is taken for dead. Measured by the one who waits: clocks may differ. */
const STALE_MS = 10_000;

/** Owners of this process that gave up, or gave back without an answer: what they left behind holds nobody off. */
const past = new Set<string>();

/**
 * The right to do something in a database, for one process at a time: a document that its owner changes every three
 * seconds. That of a dead process of this machine is taken over at once, that of another machine after ten seconds
 * without a change.
 */
export class Lease implements AsyncDisposable {
  private readonly lost = new AbortController();
  private readonly timer: NodeJS.Timeout;
  private beat = 0;

  private constructor(
    private readonly leases: Collection<LeaseDocument>,
    private readonly document: LeaseDocument,
    private readonly late: AbortSignal | undefined,
  ) {
    this.timer = setInterval(() => void this.live(), BEAT_MS).unref();
  }

  /**
   * @param name - of what is to be done by one at a time
   * @throws MillraceError `MILLRACE_LOCKED`, naming process and host; `signal.reason`
   */
  static async take(
    collection: Collection,
    name: string,
    { signal, clock = systemClock }: { signal?: AbortSignal | undefined; clock?: Clock } = {},
  ): Promise<Lease> {
    const leases = collection as unknown as Collection<LeaseDocument>;
    const late = signal && graceAfter(signal);
    const mine = { _id: name, owner: randomUUID(), pid: process.pid, host: hostname(), beat: 0 };
    for (;;) {
      signal?.throwIfAborted();
      try {
        // Of two inserts of one _id one fails, whatever else a server can't do at once.
        const inserted = leases.insertOne({ ...mine });
        await untilAborted(inserted, late).catch((error) => {
          if (late?.aborted) inserted.then(() => giveBack(leases, mine)).catch(() => {});
          if (!hasCode(error, 11_000)) past.add(mine.owner);
          throw error;
        });
        return new Lease(leases, mine, late);
      } catch (error) {
        if (!hasCode(error, 11_000)) throw error;
      }
      const other = await untilAborted(leases.findOne({ _id: name }), late);
      if (other === null) continue;
      if (!(await isDead(leases, other, clock, signal, late))) throw locked(name, other);
      await untilAborted(leases.deleteOne({ _id: name, owner: other.owner }), late);
    }
  }

  /** Aborts if somebody took the lease away, since this process seemed to be dead. */
  get signal(): AbortSignal {
    return this.lost.signal;
  }

  private async live(): Promise<void> {
    const { _id, owner } = this.document;
    try {
      const { matchedCount } = await this.leases.updateOne({ _id, owner }, { $set: { beat: ++this.beat } });
      if (matchedCount === 0) this.lost.abort(locked(_id, await this.leases.findOne({ _id })));
    } catch {
      // The next beat tries again; if none gets through the others see it.
    }
  }

  /** Gives the right back. */
  async [Symbol.asyncDispose](): Promise<void> {
    clearInterval(this.timer);
    past.add(this.document.owner);
    await untilAborted(giveBack(this.leases, this.document), this.late).catch(() => {});
  }
}

async function giveBack(leases: Collection<LeaseDocument>, { _id, owner }: LeaseDocument): Promise<void> {
  await leases.deleteOne({ _id, owner });
  past.delete(owner);
}

async function isDead(
  leases: Collection<LeaseDocument>,
  { _id, owner, pid, host, beat }: LeaseDocument,
  clock: Clock,
  signal: AbortSignal | undefined,
  late: AbortSignal | undefined,
): Promise<boolean> {
  if (past.has(owner)) return true;
  if (host === hostname()) return pid !== process.pid && !isRunning(pid);
  await sleep(clock, STALE_MS, signal);
  const now = await untilAborted(leases.findOne({ _id }), late);
  return now?.owner === owner && now.beat === beat;
}

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return hasCode(error, 'EPERM');
  }
}

function locked(name: string, other: LeaseDocument | null): MillraceError {
  const by = other === null ? 'another process' : `process ${other.pid} on ${other.host}`;
  return new MillraceError('MILLRACE_LOCKED', `${name}: ${by} is doing it`, { category: 'retryable' });
}
