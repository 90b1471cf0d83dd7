import type { TranscriptParser } from './format.js';
import {
  cuesOfParagraphs,
  leadingStamp,
  type Paragraph,
  trailingStamp,
  turnsByName,
} from './spoken-paragraphs.js';

/** `**Name:** ` at the beginning of a paragraph, the colon in or behind the asterisks. */
const BOLD_NAME = /^\*\*([^*\n:]{1,60})(?::\*\*|\*\*:)[ \t]*/;
const HEADING = /^(#{1,6})[ \t]+([^\n]*?)(?:[ \t]+#*)?$/;
/** A link or image, whose address may have pairs of brackets in it or stand in `<>`. */
const LINK = /!?\[([^[\]]*)\]\((?:<[^<>\n]*>|[^()\s]*(?:\([^()\s]*\)[^()\s]*)*)(?:[ \t]+"[^"\n]*")?\)/g;
/** How much is looked at to tell what a text is. */
const HEAD = 20_000;

/** Between paragraphs: at blank lines, before headings, and before lines that begin with a bold name or a time in brackets. */
const BETWEEN =
  /\n[ \t]*(?=\n)|\n(?=#{1,6}[ \t]|\*\*[^*\n:]{1,60}(?::\*\*|\*\*:)|\\?[[(]\d{1,3}(?::[0-5]\d){1,2}(?:[.,]\d{1,3})?\\?[\])])/;

/** A paragraph, with the heading above it if it is the first one there. */
interface Block {
  readonly heading?: string;
  readonly headingMs: number | null;
  readonly rest: string;
}

/**
 * Markdown: paragraphs without their mark-up. `**Name:**` begins a turn, which goes on in the paragraphs that follow
 * up to the next; so does a heading with text that comes at least twice. `[12:34]` at the beginning of a paragraph or
 * the end of a heading is its time. Without any of these, names are found as in plain text (`turnsByName`). Of links and
 * images the text stays, of code all. Other headings are paragraphs.
 */
export const markdown: TranscriptParser = {
  format: 'markdown',
  detect(text) {
    const head = text.slice(0, HEAD);
    return (
      (head.match(/^\*\*[^*\n:]{1,60}(?::\*\*|\*\*:)/gm) ?? []).length >= 2 || /^#{1,6}[ \t]+\S/m.test(head)
    );
  },

  parse(text) {
    const paragraphs = readParagraphs(readBlocks(text));
    const isNamed = paragraphs.some(({ speaker }) => speaker !== null);
    return { cues: cuesOfParagraphs(isNamed ? paragraphs : turnsByName(paragraphs)), warnings: [] };
  },
};

function readBlocks(text: string): Block[] {
  return text
    .split(BETWEEN)
    .map((block) => block.trim())
    .filter((block) => block !== '')
    .map(splitHeading);
}

function splitHeading(block: string): Block {
  const end = block.indexOf('\n');
  const first = end === -1 ? block : block.slice(0, end);
  const whole = first.length < 500 ? HEADING.exec(first)?.[2] : undefined;
  if (whole === undefined) return { headingMs: null, rest: block };
  const stamp = trailingStamp(whole);
  const rest = end === -1 ? '' : block.slice(end + 1).trim();
  // A heading that is only a time is text.
  return stamp === null || stamp.rest === ''
    ? { heading: whole, headingMs: null, rest }
    : { heading: stamp.rest, headingMs: stamp.startMs, rest };
}

function readParagraphs(blocks: readonly Block[]): Paragraph[] {
  const speakers = repeatedHeadings(blocks);
  const paragraphs: Paragraph[] = [];
  let speaker: string | null = null;
  let headingMs: number | null = null;
  for (const [i, block] of blocks.entries()) {
    const { heading, rest } = block;
    if (heading !== undefined) {
      const speaks = speakers.has(heading) && hasText(blocks, i);
      speaker = speaks ? plain(heading) : null;
      headingMs = speaks ? block.headingMs : null;
      if (!speaks) paragraphs.push({ text: plain(heading), speaker, startMs: block.headingMs });
    }
    const before = leadingStamp(rest);
    const stamped = before?.rest ?? rest;
    const name = BOLD_NAME.exec(stamped);
    if (name !== null) speaker = plain(name[1]!.trim());
    const said = name === null ? stamped : stamped.slice(name[0].length);
    const after = before === null ? leadingStamp(said) : null;
    const startMs = before?.startMs ?? after?.startMs ?? headingMs;
    paragraphs.push({ text: plain(after?.rest ?? said), speaker, startMs });
    if (rest !== '') headingMs = null;
  }
  return paragraphs;
}

/** Whether there is text below a heading, before the next one. */
function hasText(blocks: readonly Block[], i: number): boolean {
  const next = blocks[i + 1];
  return blocks[i]!.rest !== '' || (next !== undefined && next.heading === undefined);
}

function repeatedHeadings(blocks: readonly Block[]): Set<string> {
  const seen = new Set<string>();
  const repeated = new Set<string>();
  for (const [i, { heading }] of blocks.entries()) {
    if (heading === undefined || !hasText(blocks, i)) continue;
    if (seen.has(heading)) repeated.add(heading);
    seen.add(heading);
  }
  return repeated;
}

/** A paragraph without mark-up. Backslashes keep what is behind them as it is. */
function plain(block: string): string {
  const kept: string[] = [];
  const hidden = block.replace(
    /\\([!-/:-@[-`{-~])|([\u{e000}\u{e001}])/gu,
    (_, mark: string | undefined, own: string) => `\u{e000}${kept.push(mark ?? own) - 1}\u{e001}`,
  );
  const text = hidden
    .replace(/^[ \t]*(?:```|~~~)[^\n]*$/gm, '')
    .replace(/^[ \t]*>[ \t]?/gm, '')
    .replace(/^[ \t]*[-*+][ \t]+/gm, '')
    .replace(LINK, '$1')
    .replace(/\*\*(?=\S)([^*\n]+)(?<=\S)\*\*/g, '$1')
    .replace(/(?<![\w*])\*(?=\S)([^*\n]+)(?<=\S)\*(?![\w*])/g, '$1')
    .replace(/(?<!\w)__(?=\S)([^_\n]+)(?<=\S)__(?!\w)/g, '$1')
    .replace(/(?<!\w)_(?=\S)([^_\n]+)(?<=\S)_(?!\w)/g, '$1')
    .replace(/`([^`\n]+)`/g, '$1');
  return text.replace(/\u{e000}(\d+)\u{e001}/gu, (_, at: string) => kept[Number(at)] ?? '').trim();
}
