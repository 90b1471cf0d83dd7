import { isUtf8 } from 'node:buffer';
import { MillraceError } from '../../errors.js';
import type { TranscriptWarning } from '../../transcript.js';
import { guessEncoding } from './detect-encoding.js';
import { invalidUtf8 } from './invalid-utf8.js';
import { decode } from './text-decoding.js';
import { decodeUtf32, unicodeByZeros } from './utf-32.js';

/** A transcript's text. The byte order mark is not part of it. */
export interface DecodedText {
  text: string;
  /** The name in the WHATWG Encoding Standard, or `utf-32le`, `utf-32be`. */
  encoding: string;
  /** What could not be read, and encodings that were guessed. In the order of lines. */
  warnings: TranscriptWarning[];
}

/** More of one kind are counted, not listed. */
const MAX_WARNINGS = 20;

/**
 * The text of a transcript's bytes. The encoding is found by the byte order mark, else by validity (UTF-8, UTF-16 and
 * UTF-32 by their zero bytes, ISO-2022-JP by its escapes), else guessed by statistics; mostly valid UTF-8 is UTF-8. A
 * guess for which there are others about as good is a warning. What can't be decoded becomes U+FFFD, with a warning
 * that names its place.
 *
 * @param source - names the file in errors
 * @param encoding - any label of the WHATWG Encoding Standard, or `utf-32le`, `utf-32be`; overrides what is found
 * @throws MillraceError `MILLRACE_UNREADABLE_INPUT` for an empty file and for binary data, with the place of the first
 * NUL; `MILLRACE_INVALID_ARGUMENT` for an encoding that nobody knows.
 */
export async function decodeTranscript(
  bytes: Uint8Array,
  source: string,
  encoding?: string,
): Promise<DecodedText> {
  if (bytes.length === 0) throw unreadable(source, 'the file is empty');
  if (encoding !== undefined) return read(bytes, encodingNamed(encoding), source);
  const unicode = byMark(bytes) ?? unicodeByZeros(bytes);
  if (unicode !== undefined) return read(bytes, unicode, source);
  refuseBinary(bytes, source);
  if (hasJapaneseEscapes(bytes)) return read(bytes, 'iso-2022-jp', source);
  if (isUtf8(bytes) || isMostlyUtf8(bytes)) return read(bytes, 'utf-8', source);
  const declared = declaredEncoding(bytes);
  if (declared !== undefined) return read(bytes, declared, source);
  const guess = await guessEncoding(bytes);
  const decoded = read(bytes, guess.encoding, source);
  if (!guess.isCertain) decoded.warnings.unshift({ line: 1, message: guessed(guess.encoding) });
  return decoded;
}

/**
 * The name of an encoding by any of its labels.
 *
 * @throws MillraceError `MILLRACE_INVALID_ARGUMENT`
 */
export function encodingNamed(label: string): string {
  const name = label.toLowerCase();
  if (name === 'utf-32le' || name === 'utf-32be') return name;
  try {
    const decoder = new TextDecoder(label);
    // Some that have a name are missing, which shows only now.
    decoder.decode(Uint8Array.of(0x41));
    return decoder.encoding;
  } catch {
    const expected =
      'expected a name such as utf-8, utf-16le, utf-32le, windows-1252, iso-8859-2, shift_jis or gb18030';
    throw new MillraceError('MILLRACE_INVALID_ARGUMENT', `encoding: ${expected}, received "${label}"`);
  }
}

function guessed(encoding: string): string {
  return `read as ${encoding}, which is a guess: others are about as likely (name the encoding, if this is wrong)`;
}

function read(bytes: Uint8Array, encoding: string, source: string): DecodedText {
  if (encoding.startsWith('utf-32')) return withWarnings(decodeUtf32(bytes, encoding), encoding, source);
  const text = decode(bytes, encoding);
  if (encoding !== 'utf-8') return withWarnings(text, encoding, source);
  refuseNul(text, source);
  return { text, encoding, warnings: isUtf8(bytes) ? [] : listPlaces(invalidUtf8(bytes), describeBytes) };
}

/** Where a decoder put U+FFFD, it stands for something that could not be read. */
function withWarnings(text: string, encoding: string, source: string): DecodedText {
  refuseNul(text, source);
  const places: { line: number }[] = [];
  let line = 1;
  if (text.includes('\ufffd')) {
    for (const [mark] of text.matchAll(/\r\n?|\n|\ufffd+/g)) {
      if (mark[0] === '\ufffd') places.push({ line });
      else line++;
    }
  }
  return {
    text,
    encoding,
    warnings: listPlaces(places, () => `no character of ${encoding}: read as U+FFFD`),
  };
}

function describeBytes({ offset, bytes }: { offset: number; bytes: Uint8Array }): string {
  const shown = [...bytes.subarray(0, 4)].map(
    (byte) => `0x${byte.toString(16).padStart(2, '0').toUpperCase()}`,
  );
  return `not valid UTF-8 at byte ${offset} (${shown.join(' ')}): read as U+FFFD`;
}

function listPlaces<P extends { line: number }>(
  places: readonly P[],
  describe: (place: P) => string,
): TranscriptWarning[] {
  const listed = places
    .slice(0, MAX_WARNINGS)
    .map((place) => ({ line: place.line, message: describe(place) }));
  const more = places.length - listed.length;
  if (more > 0) {
    listed.push({
      line: listed.at(-1)!.line,
      message: `and ${more} more places after this line that could not be decoded`,
    });
  }
  return listed;
}

function byMark(bytes: Uint8Array): string | undefined {
  if (startsWith(bytes, 0xef, 0xbb, 0xbf)) return 'utf-8';
  if (startsWith(bytes, 0xff, 0xfe, 0, 0)) return 'utf-32le';
  if (startsWith(bytes, 0, 0, 0xfe, 0xff)) return 'utf-32be';
  if (startsWith(bytes, 0xff, 0xfe)) return 'utf-16le';
  if (startsWith(bytes, 0xfe, 0xff)) return 'utf-16be';
  return undefined;
}

function startsWith(bytes: Uint8Array, ...prefix: number[]): boolean {
  return prefix.every((byte, i) => bytes[i] === byte);
}

/** ISO-2022-JP switches to kanji by `ESC $ @` or `ESC $ B`, and all of its bytes are ASCII. */
function hasJapaneseEscapes(bytes: Uint8Array): boolean {
  const start = bytes.indexOf(0x1b);
  if (start === -1 || bytes.some((byte) => byte >= 0x80)) return false;
  const escaped = Buffer.from(bytes.buffer, bytes.byteOffset + start, Math.min(65_536, bytes.length - start));
  return escaped.includes('\u001b$B', 'latin1') || escaped.includes('\u001b$@', 'latin1');
}

/** Where four of five bytes beyond ASCII are valid, the others are damage. The end may have cut a character off. */
function isMostlyUtf8(bytes: Uint8Array): boolean {
  const isBeyond = (byte: number) => byte >= 0x80;
  const runs = invalidUtf8(bytes);
  const invalid = runs.reduce((count, run) => count + run.bytes.filter(isBeyond).length, 0);
  const valid = bytes.reduce((count, byte) => count + Number(isBeyond(byte)), 0) - invalid;
  const [run] = runs;
  const isCutOff =
    runs.length === 1 && run!.bytes.length <= 3 && run!.offset + run!.bytes.length === bytes.length;
  return valid >= 4 * invalid || (isCutOff && valid > invalid);
}

/** What an XML declaration says. */
function declaredEncoding(bytes: Uint8Array): string | undefined {
  const head = Buffer.from(bytes.subarray(0, 200)).toString('latin1');
  const label = /^\s*<\?xml\s[^>]*encoding\s*=\s*["']([\w.:-]+)["']/.exec(head)?.[1];
  if (label === undefined) return undefined;
  try {
    const name = encodingNamed(label);
    return name.startsWith('utf') ? undefined : name;
  } catch {
    return undefined;
  }
}

function refuseBinary(bytes: Uint8Array, source: string): void {
  const zero = bytes.indexOf(0);
  if (zero !== -1) throw unreadable(source, `binary data (a NUL byte at byte ${zero}), expected text`);
}

function refuseNul(text: string, source: string): void {
  const zero = text.indexOf('\0');
  if (zero !== -1) throw unreadable(source, `binary data (a NUL as character ${zero}), expected text`);
}

function unreadable(source: string, reason: string): MillraceError {
  return new MillraceError('MILLRACE_UNREADABLE_INPUT', `${source}: ${reason}`);
}
