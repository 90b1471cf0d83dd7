import { MillraceError } from './errors.js';

/**
 * NumPy's array file format, versions 1 to 3, as far as embeddings need it: two dimensions, C order, float32 or
 * float64, little-endian. Source: numpy.lib.format, "A simple file format for NumPy arrays" (NEP 1).
 *
 * ```
 *   6 bytes  \x93NUMPY       2 bytes  version       2 (v1) or 4 bytes  length of the header
 *   header   {'descr': '<f4', 'fortran_order': False, 'shape': (n, d), }   padded with spaces, ends in \n
 *   data     n × d numbers, row by row
 * ```
 */
export interface NpyHeader {
  rows: number;
  columns: number;
  type: 'float32' | 'float64';
  /** Where the numbers begin, in bytes from the start of the file. */
  dataOffset: number;
}

const MAGIC = [0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59];
const ALIGNMENT = 64;
const TYPES: Record<string, NpyHeader['type']> = { '<f4': 'float32', '<f8': 'float64' };

/**
 * Reads the header of a `.npy` file from its first bytes.
 *
 * @throws MillraceError `MILLRACE_INVALID_INPUT` if it isn't such a file, or holds anything else than an n × d
 * matrix of little-endian float32 or float64 in C order; the message names what was found.
 */
export function parseNpyHeader(bytes: Uint8Array): NpyHeader {
  if (bytes.length < 10 || MAGIC.some((byte, i) => bytes[i] !== byte)) {
    throw refusal('not a .npy file: it does not begin with \\x93NUMPY');
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const major = view.getUint8(6);
  if (major < 1 || major > 3)
    throw refusal(`unknown .npy version ${major}.${view.getUint8(7)}, expected 1, 2 or 3`);
  const start = major === 1 ? 10 : 12;
  if (bytes.length < start) throw refusal('the file ends inside the .npy header');
  const dataOffset = start + (major === 1 ? view.getUint16(8, true) : view.getUint32(8, true));
  if (bytes.length < dataOffset) throw refusal('the file ends inside the .npy header');
  const header = new TextDecoder('latin1').decode(bytes.subarray(start, dataOffset));
  return { ...matrixShape(header), type: elementType(header), dataOffset };
}

/** Bytes of one number. */
export function npyNumberBytes(type: NpyHeader['type']): number {
  return type === 'float32' ? 4 : 8;
}

/** The bytes before the numbers of an n × d float32 matrix, padded so that the numbers begin at a multiple of 64. */
export function npyHeader(rows: number, columns: number): Uint8Array {
  const dictionary = `{'descr': '<f4', 'fortran_order': False, 'shape': (${rows}, ${columns}), }`;
  const unpadded = 10 + dictionary.length + 1;
  const total = Math.ceil(unpadded / ALIGNMENT) * ALIGNMENT;
  const bytes = new Uint8Array(total).fill(0x20);
  bytes.set([...MAGIC, 1, 0]);
  new DataView(bytes.buffer).setUint16(8, total - 10, true);
  bytes.set(new TextEncoder().encode(dictionary), 10);
  bytes[total - 1] = 0x0a;
  return bytes;
}

function elementType(header: string): NpyHeader['type'] {
  const descr = /['"]descr['"]\s*:\s*(?:['"]([^'"]*)['"]|(\[.*?\]))/.exec(header);
  const name = descr?.[1] ?? descr?.[2] ?? 'none';
  const type = TYPES[name];
  if (type === undefined)
    throw refusal(`dtype ${name} is not supported, expected <f4 (float32) or <f8 (float64)`);
  if (/['"]fortran_order['"]\s*:\s*True/.test(header)) {
    throw refusal('Fortran order is not supported, expected C order (numpy.ascontiguousarray)');
  }
  return type;
}

function matrixShape(header: string): { rows: number; columns: number } {
  const shape = /['"]shape['"]\s*:\s*\(([^)]*)\)/.exec(header)?.[1];
  const sizes = (shape ?? '')
    .split(',')
    .map((size) => size.trim())
    .filter((size) => size !== '');
  const [rows, columns] = sizes.map(Number);
  if (sizes.length !== 2 || !Number.isSafeInteger(rows) || !Number.isSafeInteger(columns)) {
    throw refusal(`shape (${shape ?? '?'}) is not supported, expected two dimensions (rows, columns)`);
  }
  return { rows: rows!, columns: columns! };
}

function refusal(reason: string): MillraceError {
  return new MillraceError('MILLRACE_INVALID_INPUT', reason);
}
