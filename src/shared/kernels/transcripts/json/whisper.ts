import type { Word } from '../../../transcript.js';
import {
  at,
  type JsonFormat,
  type JsonObject,
  numberOf,
  objects,
  secondsToMs,
  speakerOf,
  textOf,
} from './json-format.js';
import { addCuesOfWords } from './words-to-cues.js';

/**
 * What the family of Whisper writes: openai-whisper and faster-whisper (`segments` in seconds, words as `word`), the
 * OpenAI API's `verbose_json` (words beside the segments), whisper-timestamped (words as `text`), WhisperX (speakers,
 * words of which some have no times), and whisper.cpp's `-oj` and `-ojf` (`transcription` with `offsets` in
 * milliseconds).
 */
export const whisper: JsonFormat = {
  format: 'whisper',

  matches: (root) => Array.isArray(at(root, 'transcription')) || hasTexts(at(root, 'segments')),

  read(root, cues) {
    const language = at(root, 'language') ?? at(root, 'result', 'language') ?? at(root, 'params', 'language');
    cues.language = textOf(language);
    const native = at(root, 'transcription');
    if (Array.isArray(native)) {
      for (const [i, segment] of native.entries()) cues.add(nativeCue(segment), 1, `transcription[${i}]`);
      return;
    }
    const segments = at(root, 'segments');
    if (!Array.isArray(segments)) return;
    if (segments.length === 0) {
      const words = objects(at(root, 'words')).map((word) => ({
        ...wordOf(word),
        speaker: speakerOf(word.speaker),
      }));
      addCuesOfWords(words, cues, 'words');
    }
    for (const [i, segment] of segments.entries()) cues.add(segmentCue(segment), 1, `segments[${i}]`);
  },
};

/** An empty list is what Whisper writes of silence. */
function hasTexts(segments: unknown): boolean {
  return (
    Array.isArray(segments) &&
    (segments.length === 0 || objects(segments).some((segment) => 'text' in segment))
  );
}

function segmentCue(segment: unknown) {
  return {
    startMs: secondsToMs(at(segment, 'start')),
    endMs: secondsToMs(at(segment, 'end')),
    text: textOf(at(segment, 'text')) ?? '',
    speaker: speakerOf(at(segment, 'speaker')),
    words: objects(at(segment, 'words')).map(wordOf),
  };
}

function wordOf(word: JsonObject): Word {
  return {
    startMs: secondsToMs(word.start),
    endMs: secondsToMs(word.end),
    text: textOf(word.word) ?? textOf(word.text) ?? '',
  };
}

function nativeCue(segment: unknown) {
  return {
    startMs: numberOf(at(segment, 'offsets', 'from')),
    endMs: numberOf(at(segment, 'offsets', 'to')),
    text: textOf(at(segment, 'text')) ?? '',
    speaker: speakerOf(at(segment, 'speaker')),
    words: wordsOfTokens(objects(at(segment, 'tokens'))),
  };
}

/** A token that begins with a space begins a word; tokens such as `[_BEG_]` are no text. */
function wordsOfTokens(tokens: readonly JsonObject[]): Word[] {
  const words: Word[] = [];
  for (const token of tokens) {
    const text = textOf(token.text) ?? '';
    if (text === '' || /^\[_.*\]$/.test(text)) continue;
    const startMs = numberOf(at(token, 'offsets', 'from'));
    const endMs = numberOf(at(token, 'offsets', 'to'));
    const before = words.at(-1);
    if (before === undefined || text.startsWith(' ')) words.push({ startMs, endMs, text });
    else words[words.length - 1] = { startMs: before.startMs, endMs, text: before.text + text };
  }
  return words;
}
