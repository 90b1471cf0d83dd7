import type { Cue, Transcript, TranscriptFormat, TranscriptWarning } from '../../transcript.js';
import { ass } from './ass.js';
import { parseJsonTranscript } from './json/json-transcript.js';
import { lrc } from './lrc.js';
import { markdown } from './markdown.js';
import { microdvd } from './microdvd.js';
import { plainText } from './plain-text.js';
import { sami } from './sami.js';
import { sbv } from './sbv.js';
import { srt } from './srt.js';
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
  const lines = normaliseLineEnds(text);
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
  const lines = normaliseLineEnds(text);
  const { format, language = null, cues, warnings } = parseJsonTranscript(lines) ?? parseLines(lines);
  return { format, language, cues, warnings };
}

function parseLines(text: string): { format: TranscriptFormat } & ParsedCues {
  const parser = parserOf(text);
  return { format: parser.format, ...parser.parse(text) };
}

function parserOf(text: string): TranscriptParser {
  return PARSERS.find((parser) => parser.detect(text)) ?? plainText;
}

function normaliseLineEnds(text: string): string {
  const start = text.charCodeAt(0) === 0xfeff ? 1 : 0;
  const rest = text.slice(start);
  return rest.includes('\r') ? rest.replace(/\r\n?/g, '\n') : rest;
}
