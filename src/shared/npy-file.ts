import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { errorMessage, isMillraceError, MillraceError } from './errors.js';
import { npyNumberBytes, parseNpyHeader } from './npy.js';
import type { RowSource } from './row-source.js';

const brand = Symbol.for('millrace.npy-file');

/** Longer headers than this are not those of matrices. */
const MAX_HEADER_BYTES = 65_536;

/**
 * An n × d matrix in a `.npy` file (float32 or float64, little-endian, C order) that stays there: its rows are read
 * when they are needed, so it may be larger than memory.
 *
 * @example
 * const edges = await computeSimilarityEdges(NpyFile.open('vectors.npy'), { threshold: 0.9 });
 */
export class NpyFile {
  /** @internal What tells an NpyFile of any copy of this package. */
  readonly [brand] = true;

  private constructor(
    readonly path: string,
    readonly rows: number,
    readonly columns: number,
    /** @internal */
    readonly source: RowSource,
  ) {}

  /**
   * Reads the header, and looks whether the file is as long as it says.
   *
   * @throws MillraceError `MILLRACE_UNREADABLE_INPUT` or `MILLRACE_INVALID_INPUT`, naming the file and what is wrong.
   */
  static open(path: string): NpyFile {
    try {
      const file = openSync(path, 'r');
      try {
        const { size } = fstatSync(file);
        const bytes = new Uint8Array(Math.min(size, MAX_HEADER_BYTES));
        readSync(file, bytes, 0, bytes.length, 0);
        const { rows, columns, type, dataOffset } = parseNpyHeader(bytes);
        const expected = rows * columns * npyNumberBytes(type);
        if (size - dataOffset !== expected) {
          throw new MillraceError(
            'MILLRACE_INVALID_INPUT',
            `shape (${rows}, ${columns}) of ${type} needs ${expected} bytes of data, found ${size - dataOffset}`,
          );
        }
        return new NpyFile(path, rows, columns, { kind: 'npy', path, columns, type, dataOffset });
      } finally {
        closeSync(file);
      }
    } catch (cause) {
      const code = isMillraceError(cause) ? cause.code : 'MILLRACE_UNREADABLE_INPUT';
      throw new MillraceError(code, `${path}: ${errorMessage(cause)}`, { cause });
    }
  }
}

/** Whether `value` is an {@link NpyFile}, by brand rather than by class. */
export function isNpyFile(value: object): value is NpyFile {
  return brand in value;
}
