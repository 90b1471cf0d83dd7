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
} from './json-format.js';
import { addCuesOfWords } from './words-to-cues.js';

/**
 * AssemblyAI's transcripts (https://www.assemblyai.com/docs/api-reference/transcripts/get): its utterances, one for
 * each turn of a speaker; its words, where it has more of these than utterances. Times are milliseconds.
 */
export const assemblyai: JsonFormat = {
  format: 'assemblyai',

  matches: (root) =>
    isObject(root) &&
    Array.isArray(root.words) &&
    !Array.isArray(root.segments) &&
    ['utterances', 'audio_duration', 'audio_url'].some((key) => key in root),

  read(root, cues) {
    cues.language = textOf(at(root, 'language_code'));
    const all = objects(at(root, 'words'));
    const utterances = objects(at(root, 'utterances'));
    // Utterances stand behind the words, so that a document that was cut off may have words in none of them.
    if (utterances.reduce((sum, { words }) => sum + objects(words).length, 0) < all.length) {
      const words = all.map((word) => ({ ...wordOf(word), speaker: speakerOf(word.speaker) }));
      addCuesOfWords(words, cues, 'words');
      return;
    }
    utterances.forEach((utterance, i) => {
      const words = objects(utterance.words).map(wordOf);
      const { startMs, endMs } = times(utterance);
      const text = textOf(utterance.text) ?? '';
      cues.add({ startMs, endMs, text, speaker: speakerOf(utterance.speaker), words }, 1, `utterances[${i}]`);
    });
  },
};

function times({ start, end }: JsonObject): { startMs: number; endMs: number } {
  return { startMs: numberOf(start), endMs: numberOf(end) };
}

function wordOf(word: JsonObject): Word {
  return { ...times(word), text: textOf(word.text) ?? '' };
}
