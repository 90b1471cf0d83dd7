/** The transcript formats that Millrace reads. */
export type TranscriptFormat =
  | 'srt'
  | 'vtt'
  | 'sbv'
  | 'ass'
  | 'sami'
  | 'microdvd'
  | 'lrc'
  | 'ttml'
  | 'timedtext'
  | 'json3'
  | 'whisper'
  | 'deepgram'
  | 'assemblyai'
  | 'aws-transcribe'
  | 'google-speech'
  | 'azure-speech'
  | 'json-cues'
  | 'markdown'
  | 'text';

/** A word, or a run of text that the source times as one. */
export interface Word {
  /** Milliseconds from the start of the recording. */
  startMs: number;
  endMs: number;
  text: string;
}

/** One timed piece of a transcript; in plain text a paragraph, without times. */
export interface Cue {
  /** Milliseconds from the start of the recording; null where the format has no times. */
  startMs: number | null;
  endMs: number | null;
  /** Text without mark-up; lines are joined by `\n`. */
  text: string;
  /** Who speaks, where the source says so, else null. */
  speaker: string | null;
  /** Times of the words of `text`, in order, where the source has them. */
  words?: readonly Word[];
}

/** Something in a transcript that was mended or passed over. */
export interface TranscriptWarning {
  /** The line in the file, counted from 1. */
  line: number;
  /** What was wrong, and what was done about it. */
  message: string;
}

/** A parsed transcript. */
export interface Transcript {
  format: TranscriptFormat;
  /** The language as the source names it, such as `en` or `pt-BR`; null where it says nothing. */
  language: string | null;
  cues: Cue[];
  warnings: TranscriptWarning[];
}

/** The byte-pair encodings whose tokens can be counted. */
export type TokenEncoding = 'cl100k_base' | 'o200k_base';

/** A piece of a transcript of bounded length in tokens: one line of `chunks.jsonl`, in this order of keys. */
export interface Chunk {
  /** `source#index`, the index padded to four digits. */
  id: string;
  /** The file's path relative to the input given, with `/`. */
  source: string;
  /** Position in the file, from 0. */
  index: number;
  startMs: number | null;
  endMs: number | null;
  /** The speaker, if the whole chunk has one and only one, else null. */
  speaker: string | null;
  text: string;
  /** The exact number of tokens of `text`. */
  tokens: number;
  /**
   * Where it begins and ends in the transcript's text (`transcriptText`), in bytes of UTF-8; what it repeats of the chunk
   * before included. Null in chunks that were made elsewhere.
   */
  startByte: number | null;
  endByte: number | null;
  /** The ids of the chunks before and behind it in the file, or null. */
  previous: string | null;
  next: string | null;
}
