/** So many characters are looked at to tell by zero bytes what a text is. */
const LOOKED_AT = 16_384;
/** The share of UTF-16 units that are ASCII in any transcript: digits, spaces, line ends. */
const SOME_ASCII = 0.02;

/** Other characters have zero bytes on the other side, but not as often. */
const FEW = 0.2;

/** UTF-16 or UTF-32 without a byte order mark, by where the zero bytes of its ASCII characters are. */
export function unicodeByZeros(bytes: Uint8Array): string | undefined {
  if (bytes.length % 2 !== 0 || bytes.indexOf(0) === -1) return undefined;
  const head = bytes.subarray(0, 4 * LOOKED_AT);
  const zeros = [0, 0, 0, 0];
  head.forEach((byte, i) => {
    if (byte === 0) zeros[i % 4]!++;
  });
  const characters = head.length / 4;
  if (bytes.length % 4 === 0 && zeros[3] === characters && isUtf32(head, true)) return 'utf-32le';
  if (bytes.length % 4 === 0 && zeros[0] === characters && isUtf32(head, false)) return 'utf-32be';
  const even = zeros[0]! + zeros[2]!;
  const odd = zeros[1]! + zeros[3]!;
  const enough = 2 * characters * SOME_ASCII;
  if (odd > enough && even < odd * FEW && isUtf16(head, 'utf-16le')) return 'utf-16le';
  if (even > enough && odd < even * FEW && isUtf16(head, 'utf-16be')) return 'utf-16be';
  return undefined;
}

/** The text of UTF-32, without its byte order mark. What is no character, or cut off, is U+FFFD. */
export function decodeUtf32(bytes: Uint8Array, encoding: string): string {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const isLittle = encoding === 'utf-32le';
  const parts: string[] = [];
  let part = '';
  for (let i = 0; i + 4 <= bytes.length; i += 4) {
    const code = view.getUint32(i, isLittle);
    if (i === 0 && code === 0xfeff) continue;
    part += isCharacter(code) ? String.fromCodePoint(code) : '\ufffd';
    if (part.length < LOOKED_AT) continue;
    parts.push(part);
    part = '';
  }
  if (bytes.length % 4 !== 0) part += '\ufffd';
  return parts.join('') + part;
}

function isUtf32(bytes: Uint8Array, isLittle: boolean): boolean {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (let i = 0; i < bytes.length; i += 4) {
    const code = view.getUint32(i, isLittle);
    if (code === 0 || !isCharacter(code)) return false;
  }
  return true;
}

function isCharacter(code: number): boolean {
  return code <= 0x10ffff && (code < 0xd800 || code > 0xdfff);
}

function isUtf16(bytes: Uint8Array, encoding: string): boolean {
  const text = new TextDecoder(encoding).decode(bytes.subarray(0, bytes.length - (bytes.length % 2)));
  // The last unit may be half of a pair that was cut here.
  return !text.slice(0, -1).includes('\ufffd') && !text.includes('\0');
}
