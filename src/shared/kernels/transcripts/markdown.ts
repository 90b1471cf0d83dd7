import type { TranscriptParser } from './format.js';
import { cuesOfParagraphs, leadingStamp, type Paragraph } from './spoken-paragraphs.js';

/** `**Name:** ` at the beginning of a paragraph, the colon in or behind the asterisks. */
const BOLD_NAME = /^\*\*([^*\n:]{1,60})(?::\*\*|\*\*:)[ \t]*/;
const HEADING = /^(#{1,6})[ \t]+([^\n]*?)(?:[ \t]+#*)?$/;
/** How much is looked at to tell what a text is. */
const HEAD = 20_000;

/**
 * Markdown: paragraphs without their mark-up. `**Name:**` begins a turn, which goes on in the paragraphs that follow
 * up to the next; so does a heading that comes at least twice. `[12:34]` at the beginning of a paragraph is its
 * time. Of links and images the text stays, of code all. Other headings are paragraphs.
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
    const blocks = text.split(/\n[ \t]*(?=\n)|\n(?=#{1,6}[ \t])/).map((block) => block.trim());
    const speakers = repeatedHeadings(blocks);
    const paragraphs: Paragraph[] = [];
    let speaker: string | null = null;
    for (const block of blocks) {
      const { heading, rest } = splitHeading(block);
      if (heading !== undefined) {
        speaker = speakers.has(heading) ? plain(heading) : null;
        if (speaker === null) paragraphs.push({ text: plain(heading), speaker, startMs: null });
      }
      const before = leadingStamp(rest);
      const stamped = before?.rest ?? rest;
      const name = BOLD_NAME.exec(stamped);
      if (name !== null) speaker = plain(name[1]!.trim());
      const said = name === null ? stamped : stamped.slice(name[0].length);
      const after = before === null ? leadingStamp(said) : null;
      paragraphs.push({
        text: plain(after?.rest ?? said),
        speaker,
        startMs: before?.startMs ?? after?.startMs ?? null,
      });
    }
    return { cues: cuesOfParagraphs(paragraphs), warnings: [] };
  },
};

function splitHeading(block: string): { heading?: string; rest: string } {
  const end = block.indexOf('\n');
  const first = end === -1 ? block : block.slice(0, end);
  const heading = first.length < 500 ? HEADING.exec(first)?.[2] : undefined;
  return heading === undefined
    ? { rest: block }
    : { heading, rest: end === -1 ? '' : block.slice(end + 1).trim() };
}

function repeatedHeadings(blocks: readonly string[]): Set<string> {
  const seen = new Set<string>();
  const repeated = new Set<string>();
  for (const { heading } of blocks.map(splitHeading)) {
    if (heading !== undefined && seen.has(heading)) repeated.add(heading);
    if (heading !== undefined) seen.add(heading);
  }
  return repeated;
}

/** A paragraph without mark-up. Backslashes keep what is behind them as it is. */
function plain(block: string): string {
  const kept: string[] = [];
  const hidden = block.replace(
    /\\([!-/:-@[-`{-~])/g,
    (_, mark: string) => `\u{e000}${kept.push(mark) - 1}\u{e001}`,
  );
  const text = hidden
    .replace(/^[ \t]*(?:```|~~~)[^\n]*$/gm, '')
    .replace(/^[ \t]*>[ \t]?/gm, '')
    .replace(/^[ \t]*[-*+][ \t]+/gm, '')
    .replace(/!?\[([^[\]]*)\]\([^()\s]*(?:[ \t]+"[^"\n]*")?\)/g, '$1')
    .replace(/\*\*(?=\S)([^*\n]+)(?<=\S)\*\*/g, '$1')
    .replace(/(?<![\w*])\*(?=\S)([^*\n]+)(?<=\S)\*(?![\w*])/g, '$1')
    .replace(/(?<!\w)__(?=\S)([^_\n]+)(?<=\S)__(?!\w)/g, '$1')
    .replace(/(?<!\w)_(?=\S)([^_\n]+)(?<=\S)_(?!\w)/g, '$1')
    .replace(/`([^`\n]+)`/g, '$1');
  return text.replace(/\u{e000}(\d+)\u{e001}/gu, (_, at: string) => kept[Number(at)] ?? '').trim();
}
