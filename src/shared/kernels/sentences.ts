/**
 * Where sentences end. The rule is small and does not come from ICU, as that of `Intl.Segmenter` does, so it is
 * the same on every Node version.
 *
 * A sentence ends after `.`, `!`, `?`, `…` and their kin in other scripts, with the quotes and brackets that close
 * behind it, before white space. It does not before a lower-case letter, nor after an initial (but `I`, which is a
 * word) or one of a few abbreviations. After a full-width mark such as `。` it always ends.
 */

const MARKS = '.!?…‽⁇⁈⁉؟۔।॥։';
const FULL_WIDTH_MARKS = '。！？．｡';
const CLOSERS = '"\'”’»)\\]」』）〕】》';

/** The look-behind keeps the time linear in a long run of marks: it is tried once, not at each of them. */
const SENTENCE_END = new RegExp(
  `(?:(?<![${MARKS}])[${MARKS}]+[${CLOSERS}]*(?=\\s)|[${FULL_WIDTH_MARKS}]+[${CLOSERS}]*)\\s*`,
  'gu',
);
const ENDS_SENTENCE = new RegExp(`[${MARKS}${FULL_WIDTH_MARKS}][${CLOSERS}]*$`, 'u');
const FULL_WIDTH_MARK = new RegExp(`[${FULL_WIDTH_MARKS}]`, 'u');

/** A full stop that ends no sentence, with what is before it. */
const ABBREVIATION =
  /(?:^|[\s("'“‘«])(?:(?!I)\p{Lu}|Mr|Mrs|Ms|Dr|Prof|St|Jr|Sr|No|vs|etc|cf|approx|e\.g|i\.e|z\.B|d\.h|bzw|p\.ex)\.$/u;
/** At least as long as the longest of them. */
const ABBREVIATION_LENGTH = 8;
const LOWER_CASE = /^\p{Ll}/u;

/** The sentences of a text, in order, without white space at their ends. Takes time linear in the text. */
export function splitSentences(text: string): string[] {
  const sentences: string[] = [];
  let start = 0;
  const endAt = (end: number): void => {
    const sentence = text.slice(start, end).trim();
    if (sentence !== '') sentences.push(sentence);
    start = end;
  };
  for (const match of text.matchAll(SENTENCE_END)) {
    const end = match.index + match[0].length;
    if (FULL_WIDTH_MARK.test(match[0]) || !goesOn(text, match.index, end)) endAt(end);
  }
  endAt(text.length);
  return sentences;
}

/** Whether a text ends where a sentence does. */
export function endsSentence(text: string): boolean {
  return ENDS_SENTENCE.test(text.slice(-8));
}

/** Whether the sentence with a mark at `mark` goes on behind the white space that ends at `end`. */
function goesOn(text: string, mark: number, end: number): boolean {
  return (
    LOWER_CASE.test(text.slice(end, end + 2)) ||
    ABBREVIATION.test(text.slice(Math.max(0, mark + 1 - ABBREVIATION_LENGTH), mark + 1))
  );
}
