import { NpyFile } from '../../shared/npy-file.js';
import type { RowSource } from '../../shared/row-source.js';
import { type Embeddings, SharedMatrix } from '../../shared/shared-matrix.js';

/** The rows on one side of a similarity computation, wherever they are. */
export interface RowSet {
  readonly rows: number;
  readonly columns: number;
  readonly source: RowSource;
}

/** What is taken for embeddings, in memory or in a file. */
export type EmbeddingsInput = Embeddings | NpyFile;

/** @throws MillraceError `MILLRACE_INVALID_INPUT` for ragged rows and numbers that are not finite. */
export function rowSet(embeddings: EmbeddingsInput): RowSet {
  if (embeddings instanceof NpyFile) return embeddings;
  const { rows, columns, buffer } = SharedMatrix.from(embeddings);
  return { rows, columns, source: { kind: 'shared', columns, buffer } };
}
