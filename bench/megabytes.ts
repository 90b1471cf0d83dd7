/** Of texts, in UTF-8. */
export function megabytes(texts: readonly string[]): number {
  return texts.reduce((bytes, text) => bytes + Buffer.byteLength(text), 0) / 1e6;
}
