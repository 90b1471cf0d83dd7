import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SharedMatrix } from '../../../src/shared/shared-matrix.js';

/** The bytes of a .npy file with this dictionary and data. */
function npy(dictionary: string, data: ArrayBufferView, version = 1): Uint8Array {
  const lengthBytes = version === 1 ? 2 : 4;
  const header = Buffer.from(dictionary.padEnd(100, ' ').concat('\n'), 'latin1');
  const prefix = Buffer.alloc(8 + lengthBytes);
  prefix.set([0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, version, 0]);
  prefix.writeUIntLE(header.length, 8, lengthBytes);
  return Buffer.concat([prefix, header, new Uint8Array(data.buffer, data.byteOffset, data.byteLength)]);
}

const dictionary = (descr: string, shape: string, fortran = 'False') =>
  `{'descr': '${descr}', 'fortran_order': ${fortran}, 'shape': ${shape}, }`;

describe('SharedMatrix', () => {
  it('takes nested arrays, typed arrays and flat lists, row by row, into shared memory', () => {
    for (const matrix of [
      SharedMatrix.from([
        [1, 2, 3],
        [4, 5, 6],
      ]),
      SharedMatrix.from([Float32Array.of(1, 2, 3), Float64Array.of(4, 5, 6)]),
      SharedMatrix.fromFlat([1, 2, 3, 4, 5, 6], 3),
      SharedMatrix.fromFlat(Float32Array.of(1, 2, 3, 4, 5, 6), 3),
    ]) {
      expect([matrix.rows, matrix.columns]).toEqual([2, 3]);
      expect([...matrix.data]).toEqual([1, 2, 3, 4, 5, 6]);
      expect([...matrix.row(1)]).toEqual([4, 5, 6]);
      expect(matrix.buffer).toBeInstanceOf(SharedArrayBuffer);
    }
  });

  it('makes no copy of what is shared already', () => {
    const matrix = SharedMatrix.from([[1, 2]]);
    expect(SharedMatrix.from(matrix)).toBe(matrix);
    SharedMatrix.over({ rows: 1, columns: 2, buffer: matrix.buffer }).data[1] = 7;
    expect([...matrix.row(0)]).toEqual([1, 7]);
  });

  it('may be empty', () => {
    expect(SharedMatrix.from([])).toMatchObject({ rows: 0, columns: 0 });
    expect(SharedMatrix.from([[], []])).toMatchObject({ rows: 2, columns: 0 });
  });

  it.each([
    [() => SharedMatrix.from([[1, 2], [3]]), 'row 1 has 1 columns, expected 2 as in row 0'],
    [
      () =>
        SharedMatrix.from([
          [1, 2],
          [3, Number.NaN],
        ]),
      'row 1, column 1: expected a finite float32, received NaN',
    ],
    [
      () => SharedMatrix.from([[Number.NEGATIVE_INFINITY]]),
      'row 0, column 0: expected a finite float32, received -Infinity',
    ],
    [() => SharedMatrix.from([[0, 1e300]]), 'row 0, column 1: expected a finite float32, received 1e+300'],
    [
      () => SharedMatrix.from([['x' as never]]),
      'row 0, column 0: expected a finite float32, received "x" (string)',
    ],
    [() => SharedMatrix.fromFlat([1, 2, 3, 4, 5], 2), "5 numbers can't be cut into rows of 2 columns"],
    [
      () => SharedMatrix.fromFlat([1, 2, 3, Number.NaN], 2),
      'row 1, column 1: expected a finite float32, received NaN',
    ],
    [() => SharedMatrix.create(-1, 2), 'rows: expected a whole number from 0, received -1'],
    [() => SharedMatrix.create(2 ** 30, 2 ** 20), /1073741824 × 1048576 matrix needs \d+ bytes/],
  ])('names the place of what it refuses: %#', (make, message) => {
    expect(make).toThrow(message);
  });
});

describe('.npy files', () => {
  it('come back as they were written', () => {
    const float = fc.float({ noNaN: true, noDefaultInfinity: true });
    fc.assert(
      fc.property(
        fc.nat(20),
        fc.integer({ min: 1, max: 20 }),
        fc.infiniteStream(float),
        (rows, columns, values) => {
          const flat = Float32Array.from({ length: rows * columns }, () => values.next().value!);
          const matrix = rows === 0 ? SharedMatrix.create(0, columns) : SharedMatrix.fromFlat(flat, columns);
          const bytes = matrix.toNpy();
          const again = SharedMatrix.fromNpy(bytes);
          expect([again.rows, again.columns]).toEqual([rows, columns]);
          expect(Buffer.from(again.buffer).equals(Buffer.from(matrix.buffer))).toBe(true);
          expect((bytes.length - rows * columns * 4) % 64).toBe(0);
        },
      ),
    );
  });

  it('may hold float64, any of three header versions, and begin at any byte', () => {
    const data = Float64Array.of(1, 2, 3, 4, 5, 6);
    for (const version of [1, 2, 3]) {
      const bytes = npy(dictionary('<f8', '(3, 2)'), data, version);
      const shifted = new Uint8Array(bytes.length + 1);
      shifted.set(bytes, 1);
      expect([...SharedMatrix.fromNpy(shifted.subarray(1)).row(2)]).toEqual([5, 6]);
    }
  });

  it.each([
    [dictionary('<i8', '(2, 1)'), 'dtype <i8 is not supported'],
    [dictionary('>f4', '(2, 1)'), 'dtype >f4 is not supported'],
    [dictionary('<f2', '(2, 1)'), 'dtype <f2 is not supported'],
    [dictionary('<f4', '(2, 1)', 'True'), 'Fortran order is not supported'],
    [dictionary('<f4', '(2,)'), 'shape (2,) is not supported'],
    [dictionary('<f4', '(1, 2, 1)'), 'shape (1, 2, 1) is not supported'],
    [dictionary('<f4', '(3, 1)'), 'shape (3, 1) of float32 needs 12 bytes of data, found 8'],
    [
      "{'descr': [('x', '<f4')], 'fortran_order': False, 'shape': (2, 1)}",
      "dtype [('x', '<f4')] is not supported",
    ],
  ])('are refused by name: %s', (header, message) => {
    expect(() => SharedMatrix.fromNpy(npy(header, Float32Array.of(1, 2)))).toThrow(message);
  });

  it('are refused when they are something else, cut off, or not finite', () => {
    expect(() => SharedMatrix.fromNpy(Buffer.from('id,vector\n1,2\n'))).toThrow('not a .npy file');
    const bytes = SharedMatrix.from([[1, 2]]).toNpy();
    expect(() => SharedMatrix.fromNpy(bytes.subarray(0, 40))).toThrow('ends inside the .npy header');
    expect(() => SharedMatrix.fromNpy(bytes.subarray(0, -1))).toThrow('needs 8 bytes of data, found 7');
    const infinite = npy(dictionary('<f4', '(1, 2)'), Float32Array.of(0, Number.POSITIVE_INFINITY));
    expect(() => SharedMatrix.fromNpy(infinite)).toThrow(
      'row 0, column 1: expected a finite float32, received Infinity',
    );
  });

  it('never make the reader throw anything but its own errors', () => {
    const valid = SharedMatrix.from([
      [1, 2],
      [3, 4],
    ]).toNpy();
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat(valid.length - 1), fc.nat(255)), { maxLength: 8 }), (changes) => {
        const bytes = valid.slice();
        for (const [at, value] of changes) bytes[at] = value;
        try {
          SharedMatrix.fromNpy(bytes);
        } catch (error) {
          expect(error).toMatchObject({ code: expect.stringMatching(/^MILLRACE_/) });
        }
      }),
    );
  });
});
