import type { Word } from '../../../transcript.js';
import {
  at,
  type JsonFormat,
  type JsonObject,
  objects,
  secondsToMs,
  speakerOf,
  textOf,
} from './json-format.js';
import { addCuesOfWords } from './words-to-cues.js';

/**
 * Deepgram's answers (https://developers.deepgram.com/reference/speech-to-text/listen-pre-recorded): its utterances,
 * else the sentences of its paragraphs, else its words, of the first alternative of each channel.
 */
export const deepgram: JsonFormat = {
  format: 'deepgram',

  matches: (root) =>
    Array.isArray(at(root, 'results', 'channels')) || Array.isArray(at(root, 'results', 'utterances')),

  read(root, cues) {
    const channels = objects(at(root, 'results', 'channels'));
    cues.language =
      textOf(at(channels[0], 'detected_language')) ??
      textOf(at(channels[0], 'alternatives', 0, 'languages', 0));
    const utterances = objects(at(root, 'results', 'utterances'));
    if (utterances.length > 0) {
      utterances.forEach((utterance, i) => {
        const words = objects(utterance.words).map(wordOf);
        const text = textOf(utterance.transcript) ?? '';
        cues.add(
          { ...times(utterance), text, speaker: speakerOf(utterance.speaker), words },
          1,
          `utterances[${i}]`,
        );
      });
      return;
    }
    for (const [channel, content] of channels.entries()) {
      const best = at(content, 'alternatives', 0);
      const words = objects(at(best, 'words'));
      const paragraphs = objects(at(best, 'paragraphs', 'paragraphs'));
      const speakerOfChannel = channels.length > 1 ? `Channel ${channel}` : null;
      if (paragraphs.length === 0) {
        const spoken = words.map((word) => ({
          ...wordOf(word),
          speaker: speakerOf(word.speaker) ?? speakerOfChannel,
        }));
        addCuesOfWords(spoken, cues, `channels[${channel}]`);
        continue;
      }
      for (const [i, paragraph] of paragraphs.entries()) {
        for (const sentence of objects(paragraph.sentences)) {
          const { startMs, endMs } = times(sentence);
          const within = words.map(wordOf).filter((word) => word.startMs >= startMs && word.endMs <= endMs);
          const speaker = speakerOf(paragraph.speaker) ?? speakerOfChannel;
          cues.add(
            { startMs, endMs, text: textOf(sentence.text) ?? '', speaker, words: within },
            1,
            `paragraphs[${i}]`,
          );
        }
      }
    }
  },
};

function times({ start, end }: JsonObject): { startMs: number; endMs: number } {
  return { startMs: secondsToMs(start), endMs: secondsToMs(end) };
}

function wordOf(word: JsonObject): Word {
  return { ...times(word), text: textOf(word.punctuated_word) ?? textOf(word.word) ?? '' };
}
