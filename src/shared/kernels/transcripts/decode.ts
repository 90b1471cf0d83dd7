import { isUtf8 } from 'node:buffer';
import { MillraceError } from '../../errors.js';

/**
 * The text of a transcript's bytes: UTF-8 with or without a byte order mark, or UTF-16 (little or big endian) with
 * one. The mark is not part of the text.
 *
 * @param source - names the file in errors
 * @throws MillraceError `MILLRACE_UNREADABLE_INPUT` for an empty file, for binary data and for bytes that are not
 * valid in their encoding, with the offset of the first bad byte.
 */
export function decodeTranscript(bytes: Uint8Array, source: string): string {
  if (bytes.length === 0) throw unreadable(source, 'the file is empty');
  if (startsWith(bytes, 0xff, 0xfe, 0, 0) || startsWith(bytes, 0, 0, 0xfe, 0xff)) {
    throw unreadable(source, 'the text is UTF-32, expected UTF-8, or UTF-16 with a byte order mark');
  }
  if (startsWith(bytes, 0xff, 0xfe)) return decodeUtf16(bytes, source, 'little');
  if (startsWith(bytes, 0xfe, 0xff)) return decodeUtf16(bytes, source, 'big');
  return decodeUtf8(bytes, source);
}

function decodeUtf8(bytes: Uint8Array, source: string): string {
  const zero = bytes.indexOf(0);
  if (zero !== -1) {
    throw unreadable(
      source,
      `binary data (a NUL byte at byte ${zero}), expected text in UTF-8, or UTF-16 with a byte order mark`,
    );
  }
  if (!isUtf8(bytes)) {
    const offset = firstInvalidUtf8(bytes);
    const byte = bytes[offset]!.toString(16).padStart(2, '0').toUpperCase();
    throw unreadable(source, `not valid UTF-8 at byte ${offset} (0x${byte})`);
  }
  return new TextDecoder().decode(bytes);
}

function decodeUtf16(bytes: Uint8Array, source: string, endian: 'little' | 'big'): string {
  if (bytes.length % 2 !== 0) {
    throw unreadable(source, `UTF-16 is cut off at byte ${bytes.length - 1}: half a character`);
  }
  const units = Buffer.from(bytes.subarray(2));
  if (endian === 'big') units.swap16();
  const text = units.toString('utf16le');
  const zero = text.indexOf('\0');
  if (zero !== -1) throw unreadable(source, `binary data (a NUL character at byte ${2 + 2 * zero})`);
  const half = text.search(/\p{Surrogate}/u);
  if (half !== -1)
    throw unreadable(source, `not valid UTF-16 at byte ${2 + 2 * half}: half a surrogate pair`);
  return text;
}

/** The offset of the first byte that cannot be where it is in UTF-8 (RFC 3629, section 4). */
function firstInvalidUtf8(bytes: Uint8Array): number {
  for (let i = 0; i < bytes.length; ) {
    const length = sequenceLength(bytes[i]!);
    if (length === 0 || !isUtf8(bytes.subarray(i, i + length))) return i;
    i += length;
  }
  return bytes.length;
}

/** How many bytes a UTF-8 sequence with this first byte has; 0 if none begins so. */
function sequenceLength(first: number): number {
  if (first < 0x80) return 1;
  if (first < 0xc2) return 0;
  if (first < 0xe0) return 2;
  if (first < 0xf0) return 3;
  return first < 0xf5 ? 4 : 0;
}

function startsWith(bytes: Uint8Array, ...prefix: number[]): boolean {
  return prefix.every((byte, i) => bytes[i] === byte);
}

function unreadable(source: string, reason: string): MillraceError {
  return new MillraceError('MILLRACE_UNREADABLE_INPUT', `${source}: ${reason}`);
}
