/**
 * Texts in memory that threads share: their UTF-8, one after the other. Text i is the bytes from `offsets[i]` to
 * `offsets[i + 1]`. Lone surrogates become U+FFFD.
 */
export interface PackedTexts {
  readonly count: number;
  readonly bytes: SharedArrayBuffer;
  /** `count + 1` positions as float64, which is exact beyond 4 GiB too. */
  readonly offsets: SharedArrayBuffer;
}

/** Copies texts into shared memory, once. */
export function packTexts(texts: readonly string[]): PackedTexts {
  const offsets = new Float64Array(
    new SharedArrayBuffer((texts.length + 1) * Float64Array.BYTES_PER_ELEMENT),
  );
  for (const [i, text] of texts.entries()) offsets[i + 1] = offsets[i]! + Buffer.byteLength(text, 'utf8');
  const bytes = new SharedArrayBuffer(offsets[texts.length]!);
  const target = Buffer.from(bytes);
  for (const [i, text] of texts.entries()) target.write(text, offsets[i]!, 'utf8');
  return { count: texts.length, bytes, offsets: offsets.buffer };
}

/** Text i of those packed. */
export function unpackText({ bytes, offsets }: PackedTexts, i: number): string {
  const [start, end] = new Float64Array(offsets, i * Float64Array.BYTES_PER_ELEMENT, 2);
  return Buffer.from(bytes, start, end! - start!).toString('utf8');
}
