import { decode } from './text-decoding.js';

/** An encoding that a text seems to have, by statistics of its bytes. */
export interface EncodingGuess {
  /** The name in the WHATWG Encoding Standard. */
  readonly encoding: string;
  /** Whether no other encoding would read the text otherwise and about as well. */
  readonly isCertain: boolean;
}

/** The encodings that are guessed: others are too rare, such as the Macintosh's, which look like these. */
const GUESSED = new Set([
  ...Array.from({ length: 9 }, (_, i) => `windows-125${i}`),
  ...[2, 5, 6, 7, 8, 13, 15].map((part) => `iso-8859-${part}`),
  ...['shift_jis', 'euc-jp', 'euc-kr', 'gbk', 'gb18030', 'big5', 'koi8-r', 'koi8-u'],
]);

/** The detector's names for extensions of these encodings, which the standard's decoders include. */
const ALIASES: Readonly<Record<string, string>> = {
  cp932: 'shift_jis',
  cp949: 'euc-kr',
  cp950: 'big5',
  cp1258: 'windows-1258',
};

/** Where most letters are beyond ASCII. */
const OTHER_SCRIPT = /^(?:windows-125[1356]|iso-8859-[5678]|koi8-|shift_jis|euc-|gb|big5)/;

/** How much of the text is looked at, in bytes: lines with something beyond ASCII. */
const SAMPLE_BYTES = 16_384;
/** A share of letters beyond ASCII that no text in another script has, in lines that have any. */
const FEW_LETTERS = 0.25;
/** With fewer bytes beyond ASCII no guess is certain. */
const LITTLE_EVIDENCE = 6;
const HALF = 0.5;
/** Scores that differ by less are as good as the same. */
const CLOSE = 1.15;

/**
 * Guesses the encoding of text that is neither Unicode nor ASCII, by the statistics of jschardet. Two things are known
 * better here: where only a few letters are beyond ASCII the text is in a Latin script; and where nothing speaks
 * clearly for another encoding, such a text is windows-1252, by far the most frequent one.
 */
export async function guessEncoding(bytes: Uint8Array): Promise<EncodingGuess> {
  const { detectAll } = await import('jschardet');
  const sample = linesBeyondAscii(bytes);
  const evidence = sample.filter((byte) => byte >= 0x80).length;
  const isWeak = evidence < LITTLE_EVIDENCE;
  const isLatin = shareBeyondAscii(sample) < (isWeak ? HALF : FEW_LETTERS);
  const found = detectAll(Buffer.from(sample))
    .map(({ encoding, confidence }) => ({ encoding: standardName(encoding), confidence }))
    .filter(({ encoding }) => GUESSED.has(encoding) && !(isLatin && OTHER_SCRIPT.test(encoding)))
    .filter(({ encoding }) => !(encoding.startsWith('iso-') && hasControls(sample, encoding)))
    .sort((a, b) => b.confidence - a.confidence);
  const [best] = found;
  if (best === undefined) return { encoding: WESTERN, isCertain: false };
  const near = (tolerance: number) =>
    found.filter(({ confidence }) => confidence * tolerance >= best.confidence);
  const isWestern =
    isLatin && looksWestern(sample) && near(isWeak ? 2 : CLOSE).some(({ encoding }) => encoding === WESTERN);
  const close = near(CLOSE);
  const alike = close.find(
    ({ encoding }) => encoding.startsWith('windows-') && readsAlike(sample, encoding, best.encoding),
  );
  const { encoding } = isWestern ? { encoding: WESTERN } : (alike ?? best);
  return {
    encoding,
    isCertain: !isWeak && close.every((other) => readsAlike(sample, other.encoding, encoding)),
  };
}

/** The standard's name; of what it doesn't know, the name in lower case. */
function standardName(label: string | null): string {
  const name = (label ?? '').toLowerCase().replace(/^iso8859-/, 'iso-8859-');
  try {
    return new TextDecoder(ALIASES[name] ?? name).encoding;
  } catch {
    return name;
  }
}

function linesBeyondAscii(bytes: Uint8Array): Uint8Array {
  const sample: number[] = [];
  let lineStart = 0;
  for (let i = 0; i <= bytes.length && sample.length < SAMPLE_BYTES; i++) {
    if (i < bytes.length && bytes[i] !== 0x0a && bytes[i] !== 0x0d) continue;
    const line = bytes.subarray(lineStart, Math.min(i, lineStart + SAMPLE_BYTES));
    if (line.some((byte) => byte >= 0x80)) {
      for (const byte of line) sample.push(byte);
      sample.push(0x0a);
    }
    lineStart = i + 1;
  }
  return Uint8Array.from(sample);
}

/** The share of bytes beyond ASCII among those and ASCII's letters. */
function shareBeyondAscii(bytes: Uint8Array): number {
  let beyond = 0;
  let letters = 0;
  for (const byte of bytes) {
    if (byte >= 0x80) beyond++;
    else if ((byte | 0x20) >= 0x61 && (byte | 0x20) <= 0x7a) letters++;
  }
  return beyond / Math.max(1, beyond + letters);
}

const WESTERN = 'windows-1252';
/** What western European text has beyond ASCII: letters, quotes, dashes and other punctuation. */
const WESTERN_TEXT =
  /^[\0-\x7f\u00a0¡«»¿°ºª·´§©®€£‘’‚“”„‹›–—…•™ÀÁÂÃÄÅÆÇÈÉÊËÌÍÎÏÑÒÓÔÕÖØÙÚÛÜßàáâãäåæçèéêëìíîïñòóôõöøùúûüÿŒœŠšŽž]*$/;

function looksWestern(bytes: Uint8Array): boolean {
  return WESTERN_TEXT.test(decode(bytes, WESTERN));
}

/** Text has no control characters beyond ASCII, but where ISO-8859 has them Windows has letters and quotes. */
function hasControls(bytes: Uint8Array, encoding: string): boolean {
  return /[\u0080-\u009f]/.test(decode(bytes, encoding));
}

function readsAlike(bytes: Uint8Array, a: string, b: string): boolean {
  return a === b || decode(bytes, a) === decode(bytes, b);
}
