/** What a cue says: text without mark-up, and who says it, where that is marked. */
export interface CueText {
  text: string;
  speaker: string | null;
}

/** The tags that players of SubRip know. Others, such as `<s>` or `<mask>`, are something that was said. */
const SUBRIP_TAG = /^\/?(?:b|i|u|font|bold|italic|underline)(?![^\s/])/i;
/** An override block of SubStation Alpha, with the space on each side of it. */
const OVERRIDE = /( ?)\{\\[^{}]*\}( ?)/g;

/** The text of a SubRip cue, without tags such as `<i>` and override blocks such as `{\an8}`. Entities stay. */
export function readSubRipText(lines: string): CueText {
  let text = lines;
  if (text.includes('<')) {
    text = splitTags(text)
      .map((part, i) => (i % 2 === 0 ? part : SUBRIP_TAG.test(part) ? '' : `<${part}>`))
      .join('');
  }
  if (text.includes('{\\'))
    text = text.replace(OVERRIDE, (_, before: string, after: string) => before || after);
  return { text: text === lines ? text : tidyLines(text), speaker: null };
}

/** The text of a SubViewer cue: `[br]` is a line break. */
export function readSubViewerText(lines: string): CueText {
  return { text: lines.includes('[br]') ? tidyLines(lines.replaceAll('[br]', '\n')) : lines, speaker: null };
}

/** Splits text at its tags: at even places of the result is text, at odd ones what is between `<` and `>`. */
export function splitTags(text: string): string[] {
  return text.split(/<([^<>]*)>/);
}

/** Trims each line and leaves out those that are empty. */
export function tidyLines(text: string): string {
  return text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '')
    .join('\n');
}
