import { endsSentence } from '../../sentences.js';
import type { TimedCues } from '../timed-cues.js';

/** A word as a recogniser gives it. */
export interface SpokenWord {
  startMs: number;
  endMs: number;
  text: string;
  speaker: string | null;
  /** Whether it follows the word before without a space, as punctuation does. */
  isGlued?: boolean;
}

/** A silence of this length ends a cue. */
const PAUSE_MS = 1500;
/** A cue that is longer ends at its next word. */
const MAX_CHARACTERS = 200;

/**
 * Makes cues of a source that has only words: one ends with a sentence, with a speaker's turn, before a pause of 1.5 s,
 * and at 200 characters.
 */
export function addCuesOfWords(words: readonly SpokenWord[], cues: TimedCues, name: string): void {
  let open: SpokenWord[] = [];
  let text = '';
  const close = () => {
    if (open.length === 0) return;
    const [first] = open;
    cues.add(
      {
        startMs: first!.startMs,
        endMs: lastEnd(open),
        text,
        speaker: first!.speaker,
        words: joinGlued(open),
      },
      1,
      name,
    );
    open = [];
    text = '';
  };
  for (const word of words) {
    const before = open.at(-1);
    if (before !== undefined && word.isGlued !== true && isNewCue(before, word, text)) close();
    text = text === '' || word.isGlued === true ? text + word.text : `${text} ${word.text}`;
    open.push(word);
  }
  close();
}

function isNewCue(before: SpokenWord, word: SpokenWord, text: string): boolean {
  if (word.speaker !== before.speaker || word.startMs - before.endMs >= PAUSE_MS) return true;
  return text.length >= MAX_CHARACTERS || endsSentence(text);
}

function lastEnd(words: readonly SpokenWord[]): number {
  return words.reduce((latest, { endMs }) => (endMs > latest ? endMs : latest), words[0]!.endMs);
}

/** Punctuation belongs to the word before. */
function joinGlued(words: readonly SpokenWord[]): SpokenWord[] {
  const joined: SpokenWord[] = [];
  for (const word of words) {
    const before = joined.at(-1);
    if (word.isGlued === true && before !== undefined)
      joined[joined.length - 1] = { ...before, text: before.text + word.text };
    else joined.push(word);
  }
  return joined.map(({ startMs, endMs, text }) => ({ startMs, endMs, text, speaker: null }));
}
