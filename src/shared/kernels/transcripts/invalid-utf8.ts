/** Bytes that are no UTF-8, as far as they belong together. */
export interface InvalidBytes {
  readonly offset: number;
  readonly bytes: Uint8Array;
  /** The line that they are in, from 1. */
  readonly line: number;
}

/** The runs of bytes that can't be where they are in UTF-8 (RFC 3629, section 4), in their order. */
export function invalidUtf8(bytes: Uint8Array): InvalidBytes[] {
  const found: InvalidBytes[] = [];
  let line = 1;
  for (let i = 0; i < bytes.length; ) {
    const length = sequenceLength(bytes, i);
    if (length > 0) {
      if (bytes[i] === 0x0a || (bytes[i] === 0x0d && bytes[i + 1] !== 0x0a)) line++;
      i += length;
      continue;
    }
    const start = i;
    while (i < bytes.length && sequenceLength(bytes, i) === 0) i++;
    found.push({ offset: start, bytes: bytes.subarray(start, i), line });
  }
  return found;
}

/** How long the valid character at `at` is in bytes; 0 if there is none. */
function sequenceLength(bytes: Uint8Array, at: number): number {
  const first = bytes[at]!;
  if (first < 0x80) return 1;
  if (first < 0xc2 || first > 0xf4) return 0;
  const length = first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
  if (at + length > bytes.length) return 0;
  for (let i = 1; i < length; i++) if ((bytes[at + i]! & 0xc0) !== 0x80) return 0;
  const second = bytes[at + 1]!;
  // Overlong forms, surrogates, and what is above U+10FFFF.
  if (first === 0xe0 && second < 0xa0) return 0;
  if (first === 0xed && second > 0x9f) return 0;
  if (first === 0xf0 && second < 0x90) return 0;
  return first === 0xf4 && second > 0x8f ? 0 : length;
}
