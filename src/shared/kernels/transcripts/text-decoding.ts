/** What windows-1252 has where ISO-8859-1 has control characters; the five that are missing stay controls. */
const WINDOWS_1252 = '€\x81‚ƒ„…†‡ˆ‰Š‹Œ\x8dŽ\x8f\x90‘’“”•–—˜™š›œ\x9džŸ';

/**
 * Decodes by the WHATWG Encoding Standard. Node 20 reads windows-1252 as ISO-8859-1, which is mended here.
 *
 * @param encoding - any label that `TextDecoder` knows
 */
export function decode(bytes: Uint8Array, encoding: string): string {
  const text = new TextDecoder(encoding).decode(bytes);
  if (encoding !== 'windows-1252') return text;
  return text.replace(/[\u0080-\u009f]/g, (control) => WINDOWS_1252[control.charCodeAt(0) - 0x80]!);
}
