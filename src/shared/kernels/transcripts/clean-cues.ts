import type { Cue } from '../../transcript.js';
import { mergeRollingCaptions } from './rolling-captions.js';

export interface CleaningOptions {
  /**
   * Merges captions that repeat the lines before: automatic captions, and captions that roll up or grow word by word.
   * Only where at least half of the cues do. Default: true.
   */
  rollingCaptions?: boolean | undefined;
  /** Notes on sounds such as `[Applause]`, `(laughs)` on a line of its own, and music between `♪`. Default: `keep`. */
  sounds?: 'keep' | 'drop' | undefined;
  /** Takes names such as `>> ALICE:` out of texts, and writes all names alike: `Alice`. Default: false. */
  speakers?: boolean | undefined;
}

/** Bracketed notes anywhere, parentheses that are a whole line, and what is between notes of music. */
const SOUNDS = /\[[^[\]\n]*\]|【[^【】\n]*】|^[ \t]*[(（][^()（）\n]*[)）][ \t]*$|[♪♫][^♪♫\n]*[♪♫]?/gmu;
/** `>> ALICE:`, `ALICE SMITH:`, `>>` for a change of speaker without a name. */
const CAPTION_NAME =
  /^(?:>>+[ \t]*)?(\p{Lu}[\p{Lu}\p{M}.'’-]*(?:[ \t](?:\p{Lu}[\p{Lu}\p{M}.'’-]*|#?\d+)){0,3}):(?=\s|$)[ \t]*/u;
const TURN = /^>>+[ \t]*/;

/**
 * Cues without what captions add to speech. No word is lost: rolling captions are merged only where lines are the same,
 * and sounds are left out only if they are to be. Cues that are empty then are left out. The cues given stay as
 * they are.
 *
 * @example
 * cleanCues(parseTranscript(vtt).cues, { sounds: 'drop', speakers: true });
 */
export function cleanCues(cues: readonly Cue[], options: CleaningOptions = {}): Cue[] {
  const { rollingCaptions = true, sounds = 'keep', speakers = false } = options;
  let cleaned = rollingCaptions ? mergeRollingCaptions(cues) : [...cues];
  if (sounds === 'drop') cleaned = cleaned.map(withoutSounds).filter(({ text }) => text !== '');
  return speakers ? cleaned.map(withSpeaker).filter(({ text }) => text !== '') : cleaned;
}

function withoutSounds(cue: Cue): Cue {
  const text = tidy(cue.text.replace(SOUNDS, ' '));
  return text === cue.text ? cue : { ...cue, text };
}

function withSpeaker(cue: Cue): Cue {
  const name = CAPTION_NAME.exec(cue.text);
  const text = tidy(name === null ? cue.text.replace(TURN, '') : cue.text.slice(name[0].length));
  const speaker = name?.[1] ?? cue.speaker;
  return { ...cue, text, speaker: speaker === null ? null : alike(speaker) };
}

/** `ALICE  SMITH:` as `Alice Smith`; names that aren't all in capitals keep theirs. */
function alike(name: string): string {
  const plain = name
    .replace(/[\s:]+$/, '')
    .replace(/\s+/g, ' ')
    .trim();
  if (plain !== plain.toUpperCase() || !/\p{L}{2}/u.test(plain)) return plain;
  return plain.toLowerCase().replace(/(?<![\p{L}\p{M}'’])\p{L}/gu, (letter) => letter.toUpperCase());
}

function tidy(text: string): string {
  return text
    .split('\n')
    .map((line) => line.replace(/[ \t]+/g, ' ').trim())
    .filter((line) => line !== '')
    .join('\n');
}
