import type { Document } from 'mongodb';
import type { Statement, StatementKind } from './statement.js';

const LIST: Record<StatementKind, string> = { insert: 'documents', update: 'updates', delete: 'deletes' };

/** One write command for all of these statements, which are of one kind. */
export function commandOf(
  collection: string,
  statements: readonly Statement[],
  ordered: boolean,
  more: Document = {},
): Document {
  const { kind } = statements[0]!;
  return {
    [kind]: collection,
    [LIST[kind]]: statements.map(({ body }) => body),
    ordered,
    ...more,
  };
}
