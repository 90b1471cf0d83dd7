import { hasWebVttSignature, webVttBlocks } from './webvtt-blocks.js';
import {
  applyCueSettings,
  collectRegion,
  type WebVttCueSettings,
  type WebVttRegion,
} from './webvtt-settings.js';

/** A cue of a WebVTT file, with the properties and defaults of a browser's `VTTCue`. */
export interface WebVttCue extends WebVttCueSettings {
  id: string;
  /** Seconds. */
  startTime: number;
  /** Seconds; may be before the start. */
  endTime: number;
  /** With its mark-up: see `parseWebVttCueText`. */
  text: string;
}

/** A WebVTT file. */
export interface WebVttFile {
  cues: WebVttCue[];
  regions: WebVttRegion[];
  /** The texts of the STYLE blocks. */
  stylesheets: string[];
}

/**
 * Parses a WebVTT file as browsers do, by the WebVTT parser algorithm (https://www.w3.org/TR/webvtt1/#file-parsing).
 * What the standard drops is dropped without a word: to read transcripts, with warnings, take `parseTranscript`.
 *
 * @returns null if the text doesn't begin with the signature.
 *
 * @example
 * parseWebVtt('WEBVTT\n\n00:01.000 --> 00:02.000 align:start\n<v Mary>Hi')?.cues[0]?.align; // 'start'
 */
export function parseWebVtt(text: string): WebVttFile | null {
  const normal = text
    .replace(/^\ufeff/, '')
    .replaceAll('\0', '\ufffd')
    .replace(/\r\n?/g, '\n');
  if (!hasWebVttSignature(normal)) return null;
  const file: WebVttFile = { cues: [], regions: [], stylesheets: [] };
  for (const block of webVttBlocks(normal)) {
    if (block.kind === 'style') file.stylesheets.push(block.text);
    if (block.kind === 'region') file.regions.push(collectRegion(block.text));
    if (block.kind !== 'cue') continue;
    const timing = readWebVttTiming(block.timing);
    if (timing === null) continue;
    const { startMs, endMs, settings } = timing;
    const { id, text: content } = block;
    file.cues.push({
      id,
      startTime: startMs / 1000,
      endTime: endMs / 1000,
      text: content,
      ...applyCueSettings(settings, file.regions),
    });
  }
  return file;
}

const TIMESTAMP = String.raw`(?:(\d+):([0-5]\d)|([0-5]\d)):([0-5]\d)\.(\d{3})`;
const TIMING = new RegExp(`^[ \\t\\f]*${TIMESTAMP}[ \\t\\f]*-->[ \\t\\f]*${TIMESTAMP}(?!\\d)(.*)$`, 's');
/** The times of a cue's first line, by "collect a WebVTT timestamp", and what follows; null if they aren't right. */
export function readWebVttTiming(line: string): { startMs: number; endMs: number; settings: string } | null {
  const match = TIMING.exec(line);
  if (match === null) return null;
  const [, h1, m1, s1, sec1, ms1, h2, m2, s2, sec2, ms2, settings = ''] = match;
  return { startMs: millis(h1, m1 ?? s1, sec1, ms1), endMs: millis(h2, m2 ?? s2, sec2, ms2), settings };
}

function millis(hours = '0', minutes = '0', seconds = '0', fraction = '0'): number {
  return ((Number(hours) * 60 + Number(minutes)) * 60 + Number(seconds)) * 1000 + Number(fraction);
}
