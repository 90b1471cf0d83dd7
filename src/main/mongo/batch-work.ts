import type { BSON, Document } from 'mongodb';
import { MillraceError } from '../../shared/errors.js';
import type { StepContext } from '../run/step.js';
import { CommandFailure } from './command-error.js';
import type { Batch } from './cut-batches.js';
import { repeatable } from './idempotence.js';
import type { Ledger } from './ledger.js';
import { readReply } from './reply.js';
import { byId, compare } from './resolve-unknown.js';
import type { Refusal, Statement } from './statement.js';

/** A duplicate key, by MongoDB's code. */
const DUPLICATE = 11000;

/** What all batches of an operation share. */
export interface BatchRules {
  readonly bson: typeof BSON;
  readonly options: BSON.SerializeOptions;
  readonly ordered: boolean;
  /** Whether documents that are there already, the same, count as done. */
  readonly acceptsSame: boolean;
  /** Whether a write error tells which statement it is about. */
  readonly namesErrors: (statements: readonly Statement[]) => boolean;
  /** Whether a batch is done as a whole or not at all. */
  readonly isWhole: boolean;
  readonly ledger: Ledger;
  /** Sends a command, and gives the server's reply. @throws what `commandError` says */
  readonly send: (statements: readonly Statement[], context: StepContext) => Promise<Document>;
  /** Reads documents by `_id`, in BSON, from where the writes went. @throws what `commandError` says */
  readonly read: (ids: readonly unknown[], context: StepContext) => Promise<Uint8Array[]>;
}

/**
 * A batch on its way. `advance` goes on until all of its statements are in the ledger; where a command fails it throws, and may
 * be called again:
 *
 * ```
 *   to send ──command──▶ acknowledged, rejected
 *      ▲         └─no answer──▶ doubtful ──read back──▶ acknowledged, rejected, unknown
 *      └───────────absent, or as good twice───────┘
 * ```
 */
export class BatchWork {
  /** What is to be sent, a command each, in this order. */
  private portions: (readonly Statement[])[];
  /** Sent, and never answered. */
  private doubtful: readonly Statement[] = [];
  /** Refused as duplicates, perhaps of themselves. */
  private duplicates: { readonly statement: Statement; readonly refusal: Refusal }[] = [];
  /** Why not all of it was done, once that is known: the worst of it. */
  problem: MillraceError | undefined;
  /** The last command that failed, and has not been refused. */
  private lastFailure: CommandFailure | undefined;

  constructor(
    private readonly batch: Batch,
    private readonly rules: BatchRules,
  ) {
    this.portions = batch.statements.length > 0 ? [batch.statements] : [];
  }

  /** @throws MillraceError of `send` and `read`, or the signal's reason: nothing is lost by it */
  async advance(context: StepContext): Promise<void> {
    const { ledger } = this.rules;
    for (;;) {
      if (this.doubtful.length + this.duplicates.length > 0) await this.readBack(context);
      const [portion] = this.portions;
      if (portion === undefined) break;
      context.signal.throwIfAborted();
      await this.send(portion, context);
    }
    const { refused } = this.batch;
    if (refused !== undefined && ledger.stopped === undefined) this.reject(refused);
  }

  /** Enters what is left, when there is no more to be tried. */
  giveUp(): void {
    this.loseTrackOf([...this.doubtful, ...this.duplicates.map(({ statement }) => statement)]);
    if (this.portions.length > 0)
      this.problem ??= new MillraceError('MILLRACE_NOT_RUN', 'the operation stopped before', { sent: false });
    this.doubtful = [];
    this.duplicates = [];
    this.portions = [];
  }

  /** Whether a duplicate may be what was sent before. */
  private get mayBeOurs(): boolean {
    return this.rules.acceptsSame || this.lastFailure !== undefined;
  }

  private async send(portion: readonly Statement[], context: StepContext): Promise<void> {
    const { ledger, ordered, send, namesErrors } = this.rules;
    let reply: Document;
    try {
      reply = await send(portion, context);
    } catch (thrown) {
      this.failed(portion, thrown);
      return;
    }
    if ((reply.writeErrors?.length ?? 0) > 0 && !namesErrors(portion)) {
      this.halve(portion);
      return;
    }
    const read = readReply(portion, reply, ordered);
    if (read === undefined) {
      const error = new CommandFailure('the reply of the server contradicts itself', {
        category: 'transient',
      });
      this.failed(portion, error);
      return;
    }
    this.portions.shift();
    ledger.acknowledge(read.acknowledged);
    ledger.count(read.counts);
    if (read.unconfirmed !== undefined) ledger.leaveUnconfirmed(read.acknowledged, read.unconfirmed);
    if (read.notDone.length > 0) this.portions.unshift(read.notDone);
    for (const { statement, refusal } of read.refused) {
      if (refusal.code === DUPLICATE && this.mayBeOurs && statement.document !== undefined)
        this.duplicates.push({ statement, refusal });
      else this.reject({ ...statement, ...refusal });
    }
  }

  /** @throws `thrown`, unless it is dealt with here */
  private failed(portion: readonly Statement[], thrown: unknown): void {
    // Whatever else is thrown was thrown before anything was sent.
    if (!(thrown instanceof CommandFailure)) throw thrown;
    if (thrown.sent === true && thrown.scope === 'item') {
      // Something in it is refused, and nothing of it was done: halves find out what.
      if (this.rules.isWhole) this.rejectWhole(portion, thrown);
      else if (portion.length > 1) this.halve(portion);
      else this.rejectOnly(portion[0]!, thrown);
      return;
    }
    this.lastFailure = thrown;
    if (thrown.sent === 'unknown') {
      this.portions.shift();
      this.doubtful = portion;
    }
    throw thrown;
  }

  private rejectOnly(statement: Statement, error: CommandFailure): void {
    this.portions.shift();
    this.reject({ ...statement, ...refusalOf(error) });
  }

  private halve(portion: readonly Statement[]): void {
    const middle = Math.ceil(portion.length / 2);
    this.portions.splice(0, 1, portion.slice(0, middle), portion.slice(middle));
  }

  /** The transaction is undone: with the one that was refused, all others. */
  private rejectWhole(portion: readonly Statement[], error: CommandFailure): void {
    this.portions.shift();
    const culprit = (error.cause as { index?: number } | undefined)?.index;
    const others = { code: 'MILLRACE_NOT_RUN', message: `its transaction was undone: ${error.message}` };
    portion.forEach((statement, i) => {
      const refusal = culprit === undefined || culprit === i ? refusalOf(error) : others;
      this.reject({ ...statement, ...refusal });
    });
  }

  private async readBack(context: StepContext): Promise<void> {
    const { bson, options, ledger, ordered, read } = this.rules;
    const ofDuplicates = new Map(this.duplicates.map(({ statement, refusal }) => [statement, refusal]));
    const all = [...ofDuplicates.keys(), ...this.doubtful];
    const readable = all.filter(({ document }) => document !== undefined);
    const ids = readable.map(({ id }) => id);
    const found = ids.length === 0 ? new Map() : byId(await read(ids, context));
    const mayRepeat = repeatable(this.doubtful);
    this.doubtful = [];
    this.duplicates = [];
    const again: Statement[] = [];
    const lost: Statement[] = [];
    for (const statement of all) {
      // Where the order counts nothing was done behind the first one that was refused.
      const isBehind = ordered && ledger.stopped !== undefined;
      const finding =
        statement.document === undefined ? 'different' : compare(statement, found, bson, options);
      const duplicate = ofDuplicates.get(statement);
      if (finding === 'same') ledger.acknowledge([statement]);
      else if (isBehind) continue;
      else if (duplicate !== undefined) this.reject({ ...statement, ...duplicate });
      else if (statement.kind === 'insert' && finding === 'different')
        this.reject({ ...statement, ...CONFLICT });
      else if (mayRepeat(statement) && !(ordered && lost.length > 0)) again.push(statement);
      else lost.push(statement);
    }
    if (lost.length > 0) this.lose(lost);
    if (again.length > 0 && !(ordered && lost.length > 0)) this.portions.unshift(again);
    else if (again.length > 0) this.loseTrackOf(again);
  }

  /** They may have been done, and twice is not the same as once. */
  private lose(statements: readonly Statement[]): void {
    const { ledger, ordered } = this.rules;
    this.loseTrackOf(statements);
    const why = 'an update that must not be done twice was sent, and there was no answer';
    ledger.stop({ error: new CommandFailure(why, { cause: this.lastFailure }) });
    if (ordered) this.portions = [];
  }

  private loseTrackOf(statements: readonly Statement[]): void {
    if (statements.length === 0) return;
    this.rules.ledger.loseTrackOf(statements);
    const why = `nobody knows whether ${statements.length} items of a batch were done`;
    this.problem = new MillraceError('MILLRACE_UNKNOWN_OUTCOME', why, { sent: 'unknown' });
  }

  private reject(item: Refusal & { readonly index: number; readonly id: unknown }): void {
    const { ledger, ordered } = this.rules;
    ledger.reject(item);
    this.problem ??= new MillraceError('MILLRACE_CALL_FAILED', item.message, { sent: true });
    if (!ordered) return;
    ledger.stop('refused');
    this.portions = [];
  }
}

const CONFLICT: Refusal = { code: DUPLICATE, message: 'there is another document with this _id' };

function refusalOf({ message, cause, code }: CommandFailure): Refusal {
  const { code: server } = Object(cause) as { code?: number };
  return { code: server ?? code, message };
}
