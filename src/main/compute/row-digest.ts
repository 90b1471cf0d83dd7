import { createHash } from 'node:crypto';
import { setImmediate } from 'node:timers/promises';
import { readRows } from '../../shared/row-source.js';
import type { RowSet } from './row-set.js';

const PIECE_BYTES = 4 * 2 ** 20;

/**
 * The SHA-256 of all numbers of a set as float32, row by row: the same for a matrix in memory and in a file.
 *
 * @throws what reading a row throws; `signal.reason` after an abort.
 */
export async function rowDigest(
  { rows, columns, source }: RowSet,
  signal: AbortSignal | undefined,
): Promise<string> {
  const hash = createHash('sha256');
  const rowBytes = columns * Float32Array.BYTES_PER_ELEMENT;
  const pieceRows = Math.max(1, Math.floor(PIECE_BYTES / rowBytes));
  const piece = new Float32Array(new SharedArrayBuffer(Math.min(rows, pieceRows) * rowBytes));
  for (let first = 0; first < rows; first += pieceRows) {
    signal?.throwIfAborted();
    const numbers = piece.subarray(0, Math.min(pieceRows, rows - first) * columns);
    readRows(source, first, numbers);
    hash.update(numbers);
    await setImmediate();
  }
  return hash.digest('hex');
}
