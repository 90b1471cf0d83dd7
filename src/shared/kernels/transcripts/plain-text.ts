import type { ParsedCues, TranscriptParser } from './format.js';
import { Lines } from './lines.js';
import { cuesOfParagraphs, leadingStamp, type Paragraph, stampMs } from './spoken-paragraphs.js';

/** What a speaker's name may take in UTF-16 units, with its colon. */
const MAX_NAME = 41;
/** One to four words, the first capitalised, the others capitalised or numbers, and a colon: `Speaker 1:`. */
const NAME = /^(\p{Lu}[\p{L}\p{M}.'’-]*(?: (?:\p{Lu}[\p{L}\p{M}.'’-]*|\d+)){0,3}):(?=\s|$)/u;
/** A line that is nothing but a time, as YouTube shows transcripts. */
const LONE_STAMP = /^\d{1,3}(?::\d{2}){1,2}$/;

/**
 * Plain text: each paragraph is a cue. Blank lines are between paragraphs. Where at least two paragraphs begin with a
 * time (`[00:12:34]`, `(1:02)`, `00:12:34`) it is theirs; and where at least two lines are nothing but a time, each
 * begins a paragraph.
 *
 * A paragraph that begins with `Name: ` is said by Name, where at least two paragraphs of the text begin so; in
 * such a paragraph each further line that begins with a name begins a paragraph of its own. A paragraph without a
 * name has no speaker, whoever spoke before.
 */
export const plainText: TranscriptParser = {
  format: 'text',
  detect: () => true,
  parse(text): ParsedCues {
    const blocks = readParagraphs(text);
    const stamped = withStamps(blocks);
    const turns = stamped.flatMap(splitTurns);
    const hasNames = turns.filter((turn) => nameOf(turn.text) !== null).length >= 2;
    return { cues: cuesOfParagraphs(hasNames ? turns.map(withSpeaker) : stamped), warnings: [] };
  },
};

/** The paragraphs, which also begin at lone times, if there are two. */
function readParagraphs(text: string): string[] {
  const paragraphs: string[] = [];
  const lines = new Lines(text);
  const hasLoneStamps = (text.match(/^[ \t]*\d{1,3}(?::\d{2}){1,2}[ \t]*$/gm) ?? []).length >= 2;
  let paragraph = '';
  const end = () => {
    if (paragraph !== '') paragraphs.push(paragraph);
    paragraph = '';
  };
  while (lines.next()) {
    if (lines.isBlank) end();
    else {
      const line = lines.slice();
      if (hasLoneStamps && LONE_STAMP.test(line)) end();
      paragraph = paragraph === '' ? line : `${paragraph}\n${line}`;
    }
  }
  end();
  return paragraphs;
}

/** The times that paragraphs begin with, if there are two. */
function withStamps(blocks: readonly string[]): Paragraph[] {
  const paragraphs = blocks.map((text): Paragraph => {
    const firstLine = text.split('\n', 1)[0]!;
    const lone = LONE_STAMP.test(firstLine)
      ? { startMs: stampMs(firstLine), rest: text.slice(firstLine.length).trimStart() }
      : null;
    const stamp = lone ?? leadingStamp(text);
    return { text: stamp?.rest ?? text, speaker: null, startMs: stamp?.startMs ?? null };
  });
  const count = paragraphs.filter(({ startMs }) => startMs !== null).length;
  return count >= 2 ? paragraphs : blocks.map((text) => ({ text, speaker: null, startMs: null }));
}

/** A paragraph that begins with a name, divided before each further line that does. */
function splitTurns(paragraph: Paragraph): Paragraph[] {
  if (nameOf(paragraph.text) === null) return [paragraph];
  const turns: string[] = [];
  for (const line of paragraph.text.split('\n')) {
    if (nameOf(line) !== null) turns.push(line);
    else turns.push(`${turns.pop()!}\n${line}`);
  }
  return turns.map((text, i) => ({ ...paragraph, text, startMs: i === 0 ? paragraph.startMs : null }));
}

function withSpeaker({ text, startMs }: Paragraph): Paragraph {
  const speaker = nameOf(text);
  return { text: speaker === null ? text : text.slice(speaker.length + 1).trim(), speaker, startMs };
}

function nameOf(paragraph: string): string | null {
  return NAME.exec(paragraph.slice(0, MAX_NAME))?.[1] ?? null;
}
