import type { Cue } from '../../transcript.js';
import type { TranscriptParser } from './format.js';
import { Lines } from './lines.js';

/** What a speaker's name may take in UTF-16 units, with its colon. */
const MAX_NAME = 41;
/** One to four words, the first capitalised, the others capitalised or numbers, and a colon: `Speaker 1:`. */
const NAME = /^(\p{Lu}[\p{L}\p{M}.'’-]*(?: (?:\p{Lu}[\p{L}\p{M}.'’-]*|\d+)){0,3}):(?=\s|$)/u;

/**
 * Plain text: each paragraph is a cue without times. Blank lines are between paragraphs.
 *
 * A paragraph that begins with `Name: ` is said by Name, where at least two paragraphs of the text begin so; in
 * such a paragraph each further line that begins with a name begins a paragraph of its own. A paragraph without a
 * name has no speaker, whoever spoke before.
 */
export const plainText: TranscriptParser = {
  format: 'text',
  detect: () => true,
  parse(text) {
    const paragraphs = readParagraphs(text);
    const turns = paragraphs.flatMap(splitTurns);
    const hasNames = turns.filter((turn) => nameOf(turn) !== null).length >= 2;
    const cues = (hasNames ? turns : paragraphs).map((paragraph) => readCue(paragraph, hasNames));
    return { cues: cues.filter((cue) => cue.text !== ''), warnings: [] };
  },
};

function readParagraphs(text: string): string[] {
  const paragraphs: string[] = [];
  const lines = new Lines(text);
  let paragraph = '';
  while (lines.next()) {
    if (!lines.isBlank) {
      paragraph = paragraph === '' ? lines.slice() : `${paragraph}\n${lines.slice()}`;
    } else if (paragraph !== '') {
      paragraphs.push(paragraph);
      paragraph = '';
    }
  }
  if (paragraph !== '') paragraphs.push(paragraph);
  return paragraphs;
}

/** A paragraph that begins with a name, divided before each further line that does. */
function splitTurns(paragraph: string): string[] {
  if (nameOf(paragraph) === null) return [paragraph];
  const turns: string[] = [];
  for (const line of paragraph.split('\n')) {
    if (nameOf(line) !== null) turns.push(line);
    else turns.push(`${turns.pop()!}\n${line}`);
  }
  return turns;
}

function readCue(paragraph: string, hasNames: boolean): Cue {
  const speaker = hasNames ? nameOf(paragraph) : null;
  const text = speaker === null ? paragraph : paragraph.slice(speaker.length + 1).trim();
  return { startMs: null, endMs: null, text, speaker };
}

function nameOf(paragraph: string): string | null {
  return NAME.exec(paragraph.slice(0, MAX_NAME))?.[1] ?? null;
}
