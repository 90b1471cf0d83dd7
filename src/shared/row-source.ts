import { closeSync, openSync, readSync } from 'node:fs';
import { MillraceError } from './errors.js';
import { npyNumberBytes } from './npy.js';

/** Where the rows of a matrix come from, in a form that crosses threads. */
export type RowSource =
  | { readonly kind: 'shared'; readonly columns: number; readonly buffer: SharedArrayBuffer }
  | {
      readonly kind: 'npy';
      readonly path: string;
      readonly columns: number;
      readonly type: 'float32' | 'float64';
      /** Where the numbers begin, in bytes. */
      readonly dataOffset: number;
    };

/**
 * Reads rows `first` and following into `to`, as many as it holds.
 *
 * @throws MillraceError `MILLRACE_INVALID_INPUT` naming the file, row and column of a number that is not finite or
 * beyond the range of float32; `MILLRACE_UNREADABLE_INPUT` if the file ends early or can't be read.
 */
export function readRows(source: RowSource, first: number, to: Float32Array<SharedArrayBuffer>): void {
  if (source.kind === 'shared') {
    to.set(new Float32Array(source.buffer, first * source.columns * 4, to.length));
    return;
  }
  const bytes = npyNumberBytes(source.type);
  const start = source.dataOffset + first * source.columns * bytes;
  if (source.type === 'float32') {
    fill(source.path, new Uint8Array(to.buffer, to.byteOffset, to.byteLength), start);
  } else {
    const numbers = new Float64Array(to.length);
    fill(source.path, new Uint8Array(numbers.buffer), start);
    to.set(numbers);
  }
  for (let at = 0; at < to.length; at++) {
    if (Number.isFinite(to[at])) continue;
    const row = first + Math.floor(at / source.columns);
    throw new MillraceError(
      'MILLRACE_INVALID_INPUT',
      `${source.path}: row ${row}, column ${at % source.columns}: expected a finite float32, received ${to[at]}`,
    );
  }
}

function fill(path: string, bytes: Uint8Array, position: number): void {
  const file = openSync(path, 'r');
  try {
    let done = 0;
    while (done < bytes.length) {
      const read = readSync(file, bytes, done, bytes.length - done, position + done);
      if (read === 0) {
        throw new MillraceError(
          'MILLRACE_UNREADABLE_INPUT',
          `${path}: the file ends at byte ${position + done}, expected ${position + bytes.length} bytes`,
        );
      }
      done += read;
    }
  } finally {
    closeSync(file);
  }
}
