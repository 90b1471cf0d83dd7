import type { ParsedCues, TranscriptParser } from './format.js';
import { Lines } from './lines.js';
import { cuesOfParagraphs, leadingStamp, type Paragraph, stampMs, turnsByName } from './spoken-paragraphs.js';

/** A line that is nothing but a time, as YouTube shows transcripts. */
const LONE_STAMP = /^\d{1,3}(?::[0-5]\d){1,2}$/;

/**
 * Plain text: each paragraph is a cue. Blank lines are between paragraphs. Where at least two lines begin with a time
 * (`[00:12:34]`, `(1:02)`, `00:12:34`) or are nothing but one, each begins a paragraph, whose time it is.
 *
 * A paragraph that begins with `Name: ` is said by Name, where at least two paragraphs of the text begin so; in
 * such a paragraph each further line that begins with a name begins a paragraph of its own. A paragraph without a
 * name has no speaker, whoever spoke before.
 */
export const plainText: TranscriptParser = {
  format: 'text',
  detect: () => true,
  parse(text): ParsedCues {
    const paragraphs = withStamps(readParagraphs(text));
    return { cues: cuesOfParagraphs(turnsByName(paragraphs)), warnings: [] };
  },
};

/** The paragraphs, which also begin at lines with times, if there are two. */
function readParagraphs(text: string): string[] {
  const paragraphs: string[] = [];
  const lines = new Lines(text);
  const hasStamps = hasTwoStamps(text);
  let paragraph: string[] = [];
  const end = () => {
    if (paragraph.length > 0) paragraphs.push(paragraph.join('\n'));
    paragraph = [];
  };
  while (lines.next()) {
    if (lines.isBlank) end();
    else {
      const line = lines.slice();
      if (hasStamps && beginsWithStamp(line)) end();
      paragraph.push(line);
    }
  }
  end();
  return paragraphs;
}

function hasTwoStamps(text: string): boolean {
  const lines = new Lines(text);
  for (let count = 0; lines.next(); ) {
    if (beginsWithStamp(lines.text.slice(lines.start, Math.min(lines.end, lines.start + 32)))) count++;
    if (count === 2) return true;
  }
  return false;
}

function beginsWithStamp(line: string): boolean {
  return LONE_STAMP.test(line) || leadingStamp(line) !== null;
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
