import type { Cue, Transcript, TranscriptFormat, TranscriptWarning } from '../../transcript.js';
import { ass } from './ass.js';
import { parseJsonTranscript } from './json/json-transcript.js';
import { lrc } from './lrc.js';
import { markdown } from './markdown.js';
import { microdvd } from './microdvd.js';
import { plainText } from './plain-text.js';
import { sami } from './sami.js';
import { sbv } from './sbv.js';
import { beginsWithSubRip, srt } from './srt.js';
import { timedtext } from './timedtext.js';
import { ttml } from './ttml.js';
import { vtt } from './vtt.js';

/**
 * One transcript format. Both functions take text whose line ends are `\n` and that has no byte order mark, and
 * never throw: whatever is malformed is passed over or mended, with a warning.
 */
export interface TranscriptParser {
  readonly format: TranscriptFormat;
  /** Whether a text looks like this format. */
  detect(text: string): boolean;
  parse(text: string): ParsedCues;
}

export interface ParsedCues {
  /** In the order of the file. Each has text. */
  cues: Cue[];
  /** The language that the source names. */
  language?: string;
  /** In the order of their lines. */
  warnings: TranscriptWarning[];
}

/** In the order in which they are asked; the last one takes every text. */
const PARSERS: readonly TranscriptParser[] = [
  vtt,
  ass,
  ttml,
  timedtext,
  sami,
  microdvd,
  lrc,
  srt,
  sbv,
  markdown,
  plainText,
];

/** The format of a text, by what is in it. A text in no other format is plain text. */
export function detectFormat(text: string): TranscriptFormat {
  const lines = normaliseLineEnds(withoutMark(text));
  return parseJsonTranscript(lines)?.format ?? parserOf(lines).format;
}

/**
 * Parses a transcript in any format. Line ends may be `\n`, `\r\n` or `\r`; a byte order mark is passed over.
 * Takes time linear in the text and never throws.
 *
 * @example
 * parseTranscript('1\n00:00:01,000 --> 00:00:02,500\nHello.\n');
 * // { format: 'srt', language: null, cues: [{ startMs: 1000, endMs: 2500, text: 'Hello.', speaker: null }], warnings: [] }
 */
export function parseTranscript(text: string): Transcript {
  const plain = withoutMark(text);
  const { format, language = null, cues, warnings } = parseUsualSubRip(plain) ?? parseAny(plain);
  return { format, language, cues, warnings };
}

/** SubRip's parser reads line ends `\r\n`, too: most files have them, and a copy without them takes its time. */
function parseUsualSubRip(text: string): ({ format: TranscriptFormat } & ParsedCues) | null {
  if (!beginsWithSubRip(text) || /\r(?!\n)/.test(text)) return null;
  return { format: 'srt', ...srt.parse(text) };
}

function parseAny(text: string): { format: TranscriptFormat } & ParsedCues {
  const lines = normaliseLineEnds(text);
  const json = parseJsonTranscript(lines);
  if (json !== undefined) return json;
  const parser = parserOf(lines);
  return { format: parser.format, ...parser.parse(lines) };
}

function parserOf(text: string): TranscriptParser {
  if (beginsWithSubRip(text)) return srt;
  return PARSERS.find((parser) => parser.detect(text)) ?? plainText;
}

function withoutMark(text: string): string {
  return text.charCodeAt(0) === 0xfeff ? text.slice(1) : text;
}

function normaliseLineEnds(text: string): string {
  return text.includes('\r') ? text.replace(/\r\n?/g, '\n') : text;
}
