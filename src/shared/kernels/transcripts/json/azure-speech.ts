import type { Word } from '../../../transcript.js';
import {
  at,
  isObject,
  type JsonFormat,
  type JsonObject,
  numberOf,
  objects,
  speakerOf,
  textOf,
  ticksToMs,
} from './json-format.js';

/**
 * Azure's speech service: batch transcription (`recognizedPhrases`,
 * https://learn.microsoft.com/azure/ai-services/speech-service/batch-transcription-get), fast transcription (`phrases`,
 * https://learn.microsoft.com/azure/ai-services/speech-service/fast-transcription-create), and the detailed results of
 * its SDK (`NBest`), one or a list of them. Times are ticks of 100 ns, or milliseconds where their names say so.
 */
export const azureSpeech: JsonFormat = {
  format: 'azure-speech',

  matches: (root) =>
    Array.isArray(at(root, 'recognizedPhrases')) ||
    (Array.isArray(at(root, 'phrases')) && Array.isArray(at(root, 'combinedPhrases'))) ||
    isDetailed(Array.isArray(root) ? root[0] : root),

  read(root, cues) {
    const phrases =
      at(root, 'recognizedPhrases') ?? at(root, 'phrases') ?? (Array.isArray(root) ? root : [root]);
    cues.language = textOf(at(phrases, 0, 'locale') ?? at(root, 'locale'));
    objects(phrases).forEach((phrase, i) => {
      const status = phrase.recognitionStatus ?? phrase.RecognitionStatus;
      if (status !== undefined && status !== 'Success') return;
      const best = at(phrase, 'nBest', 0) ?? at(phrase, 'NBest', 0) ?? phrase;
      const { startMs, endMs } = times(phrase);
      const text =
        at(best, 'display') ?? at(best, 'Display') ?? at(phrase, 'DisplayText') ?? at(phrase, 'text');
      const words = objects(at(best, 'displayWords') ?? at(best, 'words') ?? at(best, 'Words')).map(wordOf);
      cues.add(
        {
          startMs,
          endMs,
          text: textOf(text) ?? '',
          speaker: speakerOf(phrase.speaker ?? phrase.SpeakerId),
          words,
        },
        1,
        `phrase ${i}`,
      );
    });
  },
};

function isDetailed(value: unknown): boolean {
  return isObject(value) && 'RecognitionStatus' in value && 'Offset' in value;
}

function times(item: JsonObject): { startMs: number; endMs: number } {
  const inMs = item.offsetMilliseconds;
  const startMs = inMs === undefined ? ticksToMs(item.offsetInTicks ?? item.Offset) : numberOf(inMs);
  const lengthMs =
    inMs === undefined
      ? ticksToMs(item.durationInTicks ?? item.Duration)
      : numberOf(item.durationMilliseconds);
  return { startMs, endMs: startMs + lengthMs };
}

function wordOf(word: JsonObject): Word {
  const text = word.displayText ?? word.word ?? word.Word ?? word.text;
  return { ...times(word), text: textOf(text) ?? '' };
}
