import type { CollationOptions, Document, Hint, Sort } from 'mongodb';

/** Which documents, and what becomes of them. */
export interface UpdateItem {
  filter: Document;
  /** Operators as `{ $set: … }`, or a pipeline. */
  update: Document | Document[];
  /** Inserts a document if there is none to change. Default: false. */
  upsert?: boolean | undefined;
  arrayFilters?: Document[] | undefined;
  /** Which one of several, where one is changed. */
  sort?: Sort | undefined;
  hint?: Hint | undefined;
  collation?: CollationOptions | undefined;
}

/** Which document, and what takes its place. */
export interface ReplaceItem {
  filter: Document;
  replacement: Document;
  /** Inserts it if there is none to replace. Default: false. */
  upsert?: boolean | undefined;
  /** Which one of several. */
  sort?: Sort | undefined;
  hint?: Hint | undefined;
  collation?: CollationOptions | undefined;
}

/** Which documents are deleted. */
export interface DeleteItem {
  filter: Document;
  hint?: Hint | undefined;
  collation?: CollationOptions | undefined;
}

/** One operation of several kinds, as the driver's `bulkWrite` takes it. */
export type BulkItem =
  | { insertOne: { document: Document } }
  | { updateOne: UpdateItem }
  | { updateMany: UpdateItem }
  | { replaceOne: ReplaceItem }
  | { deleteOne: DeleteItem }
  | { deleteMany: DeleteItem };

/** What an item is, for each operation. */
export interface DbItems {
  /** Documents. Those without an `_id` get one. */
  insertMany: Document;
  /** One document for each filter is changed. */
  updateOne: UpdateItem;
  /** All documents that a filter finds are changed. */
  updateMany: UpdateItem;
  replaceOne: ReplaceItem;
  /** Documents that take the place of those with their `_id`, or are new. Those without an `_id` get one. */
  upsert: Document;
  /** The `_id`s of documents to delete. */
  deleteMany: unknown;
  bulkWrite: BulkItem;
}

export type DbOperation = keyof DbItems;
