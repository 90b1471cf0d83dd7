import { MillraceError } from '../../errors.js';
import type { TokenEncoding, TranscriptFormat, TranscriptWarning } from '../../transcript.js';
import { chunkLine } from '../chunk-line.js';
import { type ChunkStrategy, chunkTranscript } from '../chunking.js';
import { minHash } from '../min-hash.js';
import { loadTokenCounter } from '../tokens.js';
import { type CleaningOptions, cleanCues } from './clean-cues.js';
import { decodeTranscript } from './decode.js';
import { parseTranscript } from './format.js';

/** One file to be made into chunks. */
export interface TranscriptJob {
  /** The file's name in chunks, errors and warnings: a path with `/`. */
  source: string;
  bytes: Uint8Array;
  maxTokens: number;
  overlapTokens: number;
  tokenizer: TokenEncoding;
  strategy?: ChunkStrategy | undefined;
  windowMs?: number | undefined;
  /** What is taken out of captions before. Default: only what rolling captions repeat. */
  cleaning?: CleaningOptions | undefined;
  /** The encoding of the characters, where it is known. */
  encoding?: string | undefined;
}

export interface TranscriptResult {
  /**
   * The chunks as lines of JSON: to hand over one string is quicker than to clone objects, and bytes, which are outside of
   * V8's heap, would make the main thread's collector mark all of it every ten megabytes.
   */
  jsonl: string;
  chunks: number;
  /** Of all chunks, what overlaps counted twice. */
  tokens: number;
  format: TranscriptFormat;
  /** The encoding of the characters. */
  encoding: string;
  /** The language that the source names. */
  language: string | null;
  /** How many cues were read; in plain text, paragraphs. */
  cues: number;
  warnings: TranscriptWarning[];
  /** To estimate what the text has in common with others: see `minHash`. */
  signature: Uint8Array | null;
}

/** What a file is by its name. Other extensions promise nothing. */
const EXTENSIONS: Readonly<Record<string, TranscriptFormat>> = {
  srt: 'srt',
  vtt: 'vtt',
  sbv: 'sbv',
  ass: 'ass',
  ssa: 'ass',
  smi: 'sami',
  sami: 'sami',
  lrc: 'lrc',
  ttml: 'ttml',
  dfxp: 'ttml',
};

/**
 * Decodes, parses and cuts one transcript. The format is found by content; where the extension says another one,
 * that is a warning on line 1.
 *
 * @throws MillraceError `MILLRACE_UNREADABLE_INPUT` if the bytes are no text, or the text has no cue.
 */
export async function readTranscript(job: TranscriptJob): Promise<TranscriptResult> {
  const { source, bytes, maxTokens, overlapTokens, tokenizer, strategy, windowMs } = job;
  const { text, encoding, warnings: undecoded } = await decodeTranscript(bytes, source, job.encoding);
  const { format, language, cues: raw, warnings } = parseTranscript(text);
  const cues = cleanCues(raw, job.cleaning);
  if (format === 'text' && /\.(?:json3?|xml|srv[123])$/i.test(source)) {
    throw new MillraceError(
      'MILLRACE_UNREADABLE_INPUT',
      `${source}: no transcript of a format that is known`,
    );
  }
  if (cues.length === 0) {
    const reason =
      format === 'text'
        ? 'the file is empty: it has only white space'
        : `no cue with text (read as ${format})`;
    throw new MillraceError('MILLRACE_UNREADABLE_INPUT', `${source}: ${reason}`);
  }
  const countTokens = await loadTokenCounter(tokenizer);
  const chunks = chunkTranscript(cues, { source, maxTokens, overlapTokens, strategy, windowMs, countTokens });
  const all = [...mislabelled(source, format), ...undecoded, ...warnings];
  return {
    jsonl: chunks.map(chunkLine).join(''),
    chunks: chunks.length,
    tokens: chunks.reduce((sum, chunk) => sum + chunk.tokens, 0),
    format,
    encoding,
    language,
    cues: cues.length,
    warnings: all.sort((a, b) => a.line - b.line),
    signature: minHash(cues.map((cue) => cue.text).join(' ')),
  };
}

function mislabelled(source: string, format: TranscriptFormat): TranscriptWarning[] {
  const extension = source.slice(source.lastIndexOf('.') + 1).toLowerCase();
  const expected = EXTENSIONS[extension];
  if (expected === undefined || expected === format) return [];
  return [{ line: 1, message: `named .${extension}, but the content is ${NAMES[format]}: read as that` }];
}

const NAMES: Readonly<Record<TranscriptFormat, string>> = {
  srt: 'SubRip',
  vtt: 'WebVTT',
  sbv: 'SubViewer (sbv)',
  ass: 'SubStation Alpha',
  sami: 'SAMI',
  microdvd: 'MicroDVD',
  lrc: 'LRC lyrics',
  ttml: 'TTML',
  timedtext: 'YouTube timed text',
  json3: 'YouTube json3',
  whisper: 'Whisper JSON',
  deepgram: 'Deepgram JSON',
  assemblyai: 'AssemblyAI JSON',
  'aws-transcribe': 'AWS Transcribe JSON',
  'google-speech': 'Google Speech-to-Text JSON',
  'azure-speech': 'Azure Speech JSON',
  'json-cues': 'JSON with cues',
  markdown: 'Markdown',
  text: 'plain text',
};
