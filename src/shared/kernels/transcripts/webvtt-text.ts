import { decodeHTML } from 'entities/decode';
import { type CueText, splitTags, tidyLines } from './cue-text.js';

/** Consecutive text that one speaker says, or nobody who is named. */
interface Turn {
  speaker: string | null;
  text: string;
}

const TAG = /^\/?[a-z.]|^$|^[\d:.]+$/i;
/** Ruby text says again how the text before it is read. */
const RUBY_TEXT = /^rt(?![^.\s])/;
const RUBY_END = /^\/(?:rt|ruby)$/;
const VOICE = /^v(?:\.\S*)?(?:\s+(.*))?$/s;
/**
 * The text of a WebVTT cue (section 6.4 of the standard), without tags, without ruby text and with entities
 * decoded. `<v Name>` is the speaker. A cue in which several speak has no one speaker: each turn begins a line with `Name: ` instead.
 */
export function readWebVttText(lines: string): CueText {
  if (!lines.includes('<') && !lines.includes('&')) {
    return { text: /^\s|\s$|\s\n|\n\s/.test(lines) ? tidyLines(lines) : lines, speaker: null };
  }
  const turns = readTurns(lines);
  const speaker = turns[0]?.speaker ?? null;
  if (turns.every((turn) => turn.speaker === speaker)) {
    return { text: tidyLines(turns.map((turn) => turn.text).join('')), speaker };
  }
  const labelled = turns.map((turn) =>
    turn.speaker === null ? turn.text : `${turn.speaker}: ${turn.text.trim()}`,
  );
  return { text: tidyLines(labelled.join('\n')), speaker: null };
}

/** The turns of a cue, without those that have no text. */
function readTurns(lines: string): Turn[] {
  let turn: Turn = { speaker: null, text: '' };
  const turns = [turn];
  const begin = (speaker: string | null) => {
    turn = { speaker, text: '' };
    turns.push(turn);
  };
  let isRuby = false;
  splitTags(lines).forEach((part, i) => {
    const isTag = i % 2 === 1 && TAG.test(part);
    const voice = isTag ? VOICE.exec(part) : null;
    if (voice !== null) begin(speakerName(voice[1]));
    else if (part === '/v' && isTag) begin(null);
    else if (isTag) isRuby = RUBY_TEXT.test(part) || (isRuby && !RUBY_END.test(part));
    else if (!isRuby) turn.text += decodeHTML(i % 2 === 1 ? `<${part}>` : part);
  });
  return turns.filter(({ text }) => text.trim() !== '');
}

/** The name in a voice tag, or null if there is none. */
function speakerName(annotation = ''): string | null {
  const name = decodeHTML(annotation).replace(/\s+/g, ' ').trim();
  return name === '' ? null : name;
}
