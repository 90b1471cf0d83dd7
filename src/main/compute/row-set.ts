import { isNpyFile, type NpyFile } from '../../shared/npy-file.js';
import type { RowSource } from '../../shared/row-source.js';
import { type Embeddings, SharedMatrix } from '../../shared/shared-matrix.js';

/** The rows on one side of a similarity computation, wherever they are. */
export interface RowSet {
  readonly rows: number;
  readonly columns: number;
  readonly source: RowSource;
}

/** Two sets of rows, or one with itself. */
export interface RowSets {
  readonly left: RowSet;
  readonly right?: RowSet;
}

/** What is taken for embeddings, in memory or in a file. */
export type EmbeddingsInput = Embeddings | NpyFile;

/** @throws MillraceError `MILLRACE_INVALID_INPUT` for ragged rows and numbers that are not finite. */
export function rowSet(embeddings: EmbeddingsInput): RowSet {
  if (isNpyFile(embeddings)) return embeddings;
  const given = SharedMatrix.from(embeddings);
  // Rows without dimensions are zero rows: one of zeros has the same similarities, and no case of its own below.
  const { rows, columns, buffer } = given.columns > 0 ? given : SharedMatrix.create(given.rows, 1);
  return { rows, columns, source: { kind: 'shared', columns, buffer } };
}
