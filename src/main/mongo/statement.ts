import type { Document } from 'mongodb';

/** The three write commands of MongoDB. */
export type StatementKind = 'insert' | 'update' | 'delete';

/** What one item asks for, as the list of its command holds it. */
export interface Statement {
  /** The item's place in the input, from 0. */
  readonly index: number;
  readonly kind: StatementKind;
  /** A document to insert, or `{ q, u, … }`, or `{ q, limit, … }`. */
  readonly body: Document;
  /** The one `_id` that it is about; undefined if it isn't about one. */
  readonly id: unknown;
  /** The document that is there once it is done, where that is known as a whole: of inserts and replacements. */
  readonly document: Document | undefined;
  /** Whether twice is the same as once, for it alone. */
  readonly idempotent: boolean;
  /** `body` in BSON, as it is sent. */
  readonly raw: Uint8Array;
}

/** Why an item was not done, and will never be. */
export interface Refusal {
  /** MongoDB's code (11000: a duplicate), or one of Millrace's. */
  readonly code: number | string;
  readonly message: string;
}
