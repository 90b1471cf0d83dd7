import type { Document } from 'mongodb';
import type { Refusal, Statement } from './statement.js';

/** What a server said of the statements of a command: each is in one of the lists. */
export interface ReadReply {
  readonly acknowledged: readonly Statement[];
  readonly refused: readonly { readonly statement: Statement; readonly refusal: Refusal }[];
  /** Those behind the first one that was refused, where the order counts. */
  readonly notDone: readonly Statement[];
  readonly counts: ReplyCounts;
  /** What was done was not confirmed, as the write concern asks for. */
  readonly unconfirmed: Refusal | undefined;
}

/** How many documents. */
export interface ReplyCounts {
  readonly inserted: number;
  readonly matched: number;
  readonly modified: number;
  readonly upserted: number;
  readonly deleted: number;
}

/**
 * Reads the reply to a write command. Undefined if it contradicts itself, so that nobody knows what was done.
 * (MongoDB's manual: `insert`, `update` and `delete` commands, "Output".)
 */
export function readReply(
  statements: readonly Statement[],
  reply: Document,
  ordered: boolean,
): ReadReply | undefined {
  const errors = (reply.writeErrors ?? []) as { index: number; code: number; errmsg?: string }[];
  const refusals = new Map<number, Refusal>();
  for (const { index, code, errmsg = '' } of errors) {
    if (!(index >= 0 && index < statements.length)) return undefined;
    refusals.set(index, { code, message: errmsg });
  }
  const first = Math.min(...refusals.keys(), statements.length);
  const end = ordered ? Math.min(first + 1, statements.length) : statements.length;
  const acknowledged: Statement[] = [];
  const refused: { statement: Statement; refusal: Refusal }[] = [];
  for (let i = 0; i < end; i++) {
    const statement = statements[i]!;
    const refusal = refusals.get(i);
    if (refusal === undefined) acknowledged.push(statement);
    else refused.push({ statement, refusal });
  }
  const { kind } = statements[0]!;
  const n = Number(reply.n ?? 0);
  if (kind === 'insert' && n !== acknowledged.length) return undefined;
  return {
    acknowledged,
    refused,
    notDone: statements.slice(end),
    counts: countsOf(kind, n, reply),
    unconfirmed: unconfirmedOf(reply),
  };
}

function countsOf(kind: Statement['kind'], n: number, reply: Document): ReplyCounts {
  const upserted = Array.isArray(reply.upserted) ? reply.upserted.length : 0;
  return {
    inserted: kind === 'insert' ? n : 0,
    matched: kind === 'update' ? n - upserted : 0,
    modified: Number(reply.nModified ?? 0),
    upserted,
    deleted: kind === 'delete' ? n : 0,
  };
}

function unconfirmedOf({ writeConcernError }: Document): Refusal | undefined {
  if (writeConcernError === undefined) return undefined;
  return { code: writeConcernError.code, message: String(writeConcernError.errmsg ?? '') };
}
