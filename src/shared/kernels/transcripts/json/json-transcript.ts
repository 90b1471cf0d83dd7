import type { TranscriptFormat } from '../../../transcript.js';
import type { ParsedCues } from '../format.js';
import { TimedCues } from '../timed-cues.js';
import { assemblyai } from './assemblyai.js';
import { awsTranscribe } from './aws-transcribe.js';
import { azureSpeech } from './azure-speech.js';
import { readDamagedJson } from './damaged-json.js';
import { deepgram } from './deepgram.js';
import { googleSpeech } from './google-speech.js';
import { jsonCues } from './json-cues.js';
import type { JsonFormat } from './json-format.js';
import { json3 } from './json3.js';
import { whisper } from './whisper.js';

/** In the order in which they are asked. */
const FORMATS: readonly JsonFormat[] = [
  json3,
  deepgram,
  awsTranscribe,
  googleSpeech,
  azureSpeech,
  assemblyai,
  whisper,
  jsonCues,
];

/**
 * A transcript that is JSON, in whichever format; undefined if the text is none of them. A document that is damaged or
 * cut off gives what is in it up to there, with a warning.
 */
export function parseJsonTranscript(text: string): ({ format: TranscriptFormat } & ParsedCues) | undefined {
  if (!/^\s*[{[]/.test(text)) return undefined;
  const { value, damage } = readJson(text);
  const format = FORMATS.find(({ matches }) => matches(value));
  if (format === undefined) return undefined;
  const cues = new TimedCues();
  format.read(value, cues);
  if (damage !== undefined) {
    const line = text.slice(0, damage).split('\n').length;
    cues.warnings.add(line, 'the JSON is damaged or cut off here: what is before is read');
  }
  const { language } = cues;
  return {
    format: format.format,
    cues: cues.cues,
    warnings: cues.warnings.list(),
    ...(language !== undefined && { language }),
  };
}

function readJson(text: string): { value: unknown; damage?: number } {
  try {
    return { value: JSON.parse(text) };
  } catch {
    const { value, end } = readDamagedJson(text);
    return { value, damage: end };
  }
}
