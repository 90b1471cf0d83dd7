import { at, type JsonFormat, type JsonObject, objects, secondsToMs, textOf } from './json-format.js';
import { addCuesOfWords, type SpokenWord } from './words-to-cues.js';

/**
 * Amazon Transcribe's output (https://docs.aws.amazon.com/transcribe/latest/dg/how-input.html#how-it-works-output):
 * its items, with speakers from the items themselves, from `speaker_labels`, or by channel. Where there are several
 * channels, their cues stand one channel after the other.
 */
export const awsTranscribe: JsonFormat = {
  format: 'aws-transcribe',

  matches: (root) =>
    Array.isArray(at(root, 'results', 'items')) ||
    Array.isArray(at(root, 'results', 'channel_labels', 'channels')),

  read(root, cues) {
    cues.language = textOf(at(root, 'results', 'language_code'));
    const channels = objects(at(root, 'results', 'channel_labels', 'channels'));
    if (channels.length > 1) {
      for (const channel of channels) {
        const name = textOf(channel.channel_label) ?? 'channel';
        addCuesOfWords(
          wordsOf(objects(channel.items), () => name),
          cues,
          name,
        );
      }
      return;
    }
    const speakers = speakersByStart(root);
    const speakerOf = (item: JsonObject) =>
      textOf(item.speaker_label) ?? speakers.get(String(item.start_time)) ?? null;
    addCuesOfWords(wordsOf(objects(at(root, 'results', 'items')), speakerOf), cues, 'items');
  },
};

/** Items of the type `punctuation` have no times, and belong to the word before. */
function wordsOf(items: readonly JsonObject[], speakerOf: (item: JsonObject) => string | null): SpokenWord[] {
  const words: SpokenWord[] = [];
  for (const item of items) {
    const text = textOf(at(item, 'alternatives', 0, 'content')) ?? '';
    const before = words.at(-1);
    if (item.type === 'punctuation' && before !== undefined) {
      words.push({ ...before, startMs: before.endMs, text, isGlued: true });
    } else {
      words.push({
        startMs: secondsToMs(item.start_time),
        endMs: secondsToMs(item.end_time),
        text,
        speaker: speakerOf(item),
      });
    }
  }
  return words;
}

function speakersByStart(root: unknown): Map<string, string> {
  const speakers = new Map<string, string>();
  for (const segment of objects(at(root, 'results', 'speaker_labels', 'segments'))) {
    for (const item of objects(segment.items)) {
      const speaker = textOf(item.speaker_label) ?? textOf(segment.speaker_label);
      if (speaker !== undefined) speakers.set(String(item.start_time), speaker);
    }
  }
  return speakers;
}
