import { MillraceError } from './errors.js';
import { npyHeader, npyNumberBytes, parseNpyHeader } from './npy.js';
import { noteSharedMemory } from './shared-memory.js';

/** The part of a {@link SharedMatrix} that crosses threads: no copy is made, all see the same memory. */
export interface SharedMatrixLayout {
  rows: number;
  columns: number;
  buffer: SharedArrayBuffer;
}

const brand = Symbol.for('millrace.shared-matrix');

/** What is taken for embeddings: one row an item, all of the same length, every number finite. */
export type Embeddings = SharedMatrix | readonly ArrayLike<number>[];

/**
 * An n × d matrix of float32 in shared memory, row-major: element (i, j) is `data[i * columns + j]`. Worker
 * threads read and write the same bytes; the caller owns them. Every number in it is finite: the constructors
 * refuse NaN, ±Infinity and values beyond the range of float32.
 *
 * @example
 * const embeddings = SharedMatrix.from([[1, 0], [0.6, 0.8]]);
 * embeddings.row(1); // Float32Array [0.6, 0.8]
 */
export class SharedMatrix implements SharedMatrixLayout {
  /** @internal What tells a SharedMatrix of any copy of this package. */
  readonly [brand] = true;
  readonly rows: number;
  readonly columns: number;
  readonly buffer: SharedArrayBuffer;
  /** All numbers, row by row: a view, not a copy. */
  readonly data: Float32Array<SharedArrayBuffer>;

  private constructor(layout: SharedMatrixLayout) {
    this.rows = layout.rows;
    this.columns = layout.columns;
    this.buffer = layout.buffer;
    this.data = new Float32Array(layout.buffer, 0, layout.rows * layout.columns);
  }

  /** A matrix of zeros. @throws MillraceError `MILLRACE_INVALID_ARGUMENT` for a shape that can't be allocated. */
  static create(rows: number, columns: number): SharedMatrix {
    for (const [name, size] of Object.entries({ rows, columns })) {
      if (!Number.isSafeInteger(size) || size < 0) {
        throw new MillraceError(
          'MILLRACE_INVALID_ARGUMENT',
          `${name}: expected a whole number from 0, received ${size}`,
        );
      }
    }
    const bytes = rows * columns * Float32Array.BYTES_PER_ELEMENT;
    noteSharedMemory(bytes);
    try {
      return new SharedMatrix({ rows, columns, buffer: new SharedArrayBuffer(bytes) });
    } catch (cause) {
      throw new MillraceError(
        'MILLRACE_INVALID_ARGUMENT',
        `a ${rows} × ${columns} matrix needs ${bytes} bytes of shared memory, which can't be allocated`,
        { cause },
      );
    }
  }

  /** The matrix whose memory another thread sent. */
  static over(layout: SharedMatrixLayout): SharedMatrix {
    return new SharedMatrix(layout);
  }

  /**
   * A matrix from rows: nested arrays, typed arrays, or a mixture. A SharedMatrix is returned as it is.
   *
   * @throws MillraceError `MILLRACE_INVALID_INPUT`, naming row, column and value: for rows of different lengths,
   * and for what is not a finite float32.
   */
  static from(embeddings: Embeddings): SharedMatrix {
    if (brand in embeddings) return embeddings as SharedMatrix;
    const columns = embeddings[0]?.length ?? 0;
    const matrix = SharedMatrix.create(embeddings.length, columns);
    for (const [row, values] of embeddings.entries()) {
      if (values?.length !== columns) {
        throw invalid(`row ${row} has ${values?.length ?? 'no'} columns, expected ${columns} as in row 0`);
      }
      matrix.fillRow(row, values);
    }
    return matrix;
  }

  /**
   * A matrix from one flat row-major list of `rows × columns` numbers.
   *
   * @throws MillraceError `MILLRACE_INVALID_INPUT` for a wrong count, and as {@link SharedMatrix.from} does.
   */
  static fromFlat(values: ArrayLike<number>, columns: number): SharedMatrix {
    const rows = columns === 0 ? 0 : values.length / columns;
    if (!Number.isInteger(rows) || (columns === 0 && values.length > 0)) {
      throw invalid(`${values.length} numbers can't be cut into rows of ${columns} columns`);
    }
    const matrix = SharedMatrix.create(rows, columns);
    for (let row = 0; row < rows; row++) matrix.fillRow(row, values, row * columns);
    return matrix;
  }

  /**
   * A matrix from the bytes of a `.npy` file: float32 or float64, little-endian, C order, two dimensions.
   *
   * @throws MillraceError `MILLRACE_INVALID_INPUT` for anything else, by name, and for a truncated file.
   */
  static fromNpy(bytes: Uint8Array): SharedMatrix {
    const { rows, columns, type, dataOffset } = parseNpyHeader(bytes);
    const elementBytes = npyNumberBytes(type);
    const expected = rows * columns * elementBytes;
    const found = bytes.length - dataOffset;
    if (found !== expected) {
      throw invalid(`shape (${rows}, ${columns}) of ${type} needs ${expected} bytes of data, found ${found}`);
    }
    const matrix = SharedMatrix.create(rows, columns);
    const rowBytes = columns * elementBytes;
    for (let row = 0; row < rows; row++) {
      const start = bytes.byteOffset + dataOffset + row * rowBytes;
      const aligned = bytes.buffer.slice(start, start + rowBytes);
      matrix.fillRow(row, type === 'float32' ? new Float32Array(aligned) : new Float64Array(aligned));
    }
    return matrix;
  }

  /** Row i: a view, not a copy. */
  row(i: number): Float32Array<SharedArrayBuffer> {
    return this.data.subarray(i * this.columns, (i + 1) * this.columns);
  }

  /** The bytes of a `.npy` file (version 1.0, float32, C order) with this matrix. */
  toNpy(): Uint8Array<ArrayBuffer> {
    const header = npyHeader(this.rows, this.columns);
    const bytes = new Uint8Array(header.length + this.data.byteLength);
    bytes.set(header);
    bytes.set(new Uint8Array(this.buffer, 0, this.data.byteLength), header.length);
    return bytes;
  }

  private fillRow(row: number, values: ArrayLike<number>, offset = 0): void {
    const start = row * this.columns;
    for (let column = 0; column < this.columns; column++) {
      const value = values[offset + column]!;
      this.data[start + column] = value;
      if (typeof value !== 'number' || !Number.isFinite(this.data[start + column])) {
        const found = typeof value === 'number' ? value : `${JSON.stringify(value)} (${typeof value})`;
        throw invalid(`row ${row}, column ${column}: expected a finite float32, received ${found}`);
      }
    }
  }
}

function invalid(message: string): MillraceError {
  return new MillraceError('MILLRACE_INVALID_INPUT', message);
}
