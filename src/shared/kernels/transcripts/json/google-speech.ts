import {
  at,
  isObject,
  type JsonFormat,
  type JsonObject,
  numberOf,
  objects,
  speakerOf,
  textOf,
} from './json-format.js';
import { addCuesOfWords, type SpokenWord } from './words-to-cues.js';

/**
 * Google's Speech-to-Text, versions 1 and 2
 * (https://cloud.google.com/speech-to-text/docs/reference/rest/v1/speech/recognize#SpeechRecognitionResult): the words
 * of the first alternative of each result, else its text up to the result's end. An answer with speakers repeats all
 * words in its last result, where they are told: then that one is read.
 */
export const googleSpeech: JsonFormat = {
  format: 'google-speech',

  matches: (root) => resultsOf(root).some((result) => Array.isArray(result.alternatives)),

  read(root, cues) {
    const results = resultsOf(root);
    cues.language = textOf(results[0]?.languageCode ?? results[0]?.language_code);
    const last = results.at(-1);
    const isDiarised =
      results.length > 1 &&
      last !== undefined &&
      wordsOf(last).length > 0 &&
      wordsOf(last).every(({ speaker }) => speaker !== null);
    const isRepeated = isDiarised && !wordsOf(results[0]!).some(({ speaker }) => speaker !== null);
    let before = 0;
    for (const [i, result] of results.entries()) {
      if (isRepeated && result !== last) continue;
      const words = wordsOf(result);
      const endMs = durationMs(result.resultEndTime ?? result.resultEndOffset ?? result.result_end_time);
      if (words.length > 0) addCuesOfWords(words, cues, `results[${i}]`);
      else
        cues.add(
          { startMs: before, endMs, text: transcriptOf(result), speaker: channelOf(result) },
          1,
          `results[${i}]`,
        );
      before = Number.isNaN(endMs) ? (cues.cues.at(-1)?.endMs ?? before) : endMs;
    }
  },
};

/** The results of an answer, of a finished operation, or of a file in a batch. */
function resultsOf(root: unknown): JsonObject[] {
  return objects(at(root, 'results') ?? at(root, 'response', 'results'));
}

function wordsOf(result: JsonObject): SpokenWord[] {
  return objects(at(result, 'alternatives', 0, 'words')).map((word) => ({
    startMs: durationMs(word.startTime ?? word.startOffset ?? word.start_time ?? word.start_offset ?? '0s'),
    endMs: durationMs(word.endTime ?? word.endOffset ?? word.end_time ?? word.end_offset),
    text: textOf(word.word) ?? '',
    speaker:
      speakerOf(
        word.speakerLabel ?? word.speaker_label ?? (word.speakerTag || word.speaker_tag || undefined),
      ) ?? channelOf(result),
  }));
}

function transcriptOf(result: JsonObject): string {
  return textOf(at(result, 'alternatives', 0, 'transcript')) ?? '';
}

function channelOf({ channelTag }: JsonObject): string | null {
  return typeof channelTag === 'number' && channelTag > 0 ? `Channel ${channelTag}` : null;
}

/** A `Duration`: `"1.200s"`, or seconds and nanos. */
function durationMs(duration: unknown): number {
  if (typeof duration === 'string') return Math.round(numberOf(duration.replace(/s$/, '')) * 1000);
  if (!isObject(duration)) return Number.NaN;
  return Math.round(numberOf(duration.seconds ?? 0) * 1000 + numberOf(duration.nanos ?? 0) / 1e6);
}
