import { decodeHTML } from 'entities/decode';
import type { ParsedCues, TranscriptParser } from './format.js';
import { TimedCues } from './timed-cues.js';

/** What a class says at a moment; nothing, to clear the screen. */
interface Caption {
  readonly startMs: number;
  readonly text: string;
  readonly line: number;
}

const SYNC = /<sync\b[^<>]*>/gi;
const START = /\bstart\s*=\s*["']?(-?\d+)/i;
const PARAGRAPH = /<p\b[^<>]*>/gi;
const CLASS = /\bclass\s*=\s*["']?([\w-]+)/i;

/**
 * SAMI (`.smi`, https://learn.microsoft.com/previous-versions/windows/desktop/dnacc/understanding-sami-1.0): what is
 * said from one SYNC to the next of its class. A file with several classes has several languages: the one that comes
 * first is read, and the others are named in warnings.
 */
export const sami: TranscriptParser = {
  format: 'sami',
  detect: (text) =>
    /^\s*<sami\b/i.test(text.slice(0, 1000)) || /<sync\s+start\s*=/i.test(text.slice(0, 4096)),

  parse(text): ParsedCues {
    const cues = new TimedCues();
    const classes = readCaptions(text, cues);
    const [first, ...others] = [...classes.keys()];
    for (const name of others) {
      cues.warnings.add(
        1,
        `class ${name}: another language of ${said(classes.get(name)!)} captions: left out, ${first} is read`,
      );
    }
    const captions = classes.get(first ?? '') ?? [];
    captions.forEach(({ startMs, text: content, line }, i) => {
      if (content !== '')
        cues.add({ startMs, endMs: captions[i + 1]?.startMs ?? Number.NaN, text: content }, line, 'SYNC');
    });
    const language = first === undefined ? undefined : languageOf(text, first);
    return { cues: cues.cues, warnings: cues.warnings.list(), ...(language !== undefined && { language }) };
  },
};

/** By class, in the order of the file. */
function readCaptions(text: string, cues: TimedCues): Map<string, Caption[]> {
  const classes = new Map<string, Caption[]>();
  const syncs = [...text.matchAll(SYNC)];
  let line = 1;
  let counted = 0;
  for (const [i, { 0: tag, index }] of syncs.entries()) {
    line += linesIn(text, counted, index);
    counted = index;
    const startMs = Number(START.exec(tag)?.[1] ?? Number.NaN);
    if (Number.isNaN(startMs)) {
      cues.warnings.add(line, 'a SYNC without a start: passed over');
      continue;
    }
    const content = text.slice(index + tag.length, syncs[i + 1]?.index ?? text.length);
    for (const { name, markup } of paragraphsOf(content)) {
      const captions = classes.get(name) ?? [];
      classes.set(name, captions);
      captions.push({ startMs, text: plain(markup), line });
    }
  }
  return classes;
}

function paragraphsOf(content: string): { name: string; markup: string }[] {
  const tags = [...content.matchAll(PARAGRAPH)];
  if (tags.length === 0) return [{ name: '', markup: content }];
  return tags.map(({ 0: tag, index }, i) => ({
    name: CLASS.exec(tag)?.[1] ?? '',
    markup: content.slice(index + tag.length, tags[i + 1]?.index ?? content.length),
  }));
}

/** Line breaks are `<br>`; those of the file are spaces. */
function plain(markup: string): string {
  const text = withoutComments(markup)
    .replace(/\s+/g, ' ')
    .replace(/<br\s*\/?>/gi, '\n')
    .replace(/<\/?[a-z][^<>]*>/gi, '');
  return decodeHTML(text)
    .replace(/\u00a0/g, ' ')
    .trim();
}

function withoutComments(markup: string): string {
  const [first = '', ...others] = markup.split('<!--');
  return (
    first + others.map((part) => (part.includes('-->') ? part.slice(part.indexOf('-->') + 3) : '')).join('')
  );
}

function languageOf(text: string, name: string): string | undefined {
  const style = text.slice(0, 20_000);
  const at = style.toLowerCase().indexOf(`.${name.toLowerCase()}`);
  if (name === '' || at === -1) return undefined;
  return /^[^{}]{0,40}\{[^{}]*?\blang\s*:\s*([\w-]+)/i.exec(style.slice(at))?.[1];
}

function said(captions: readonly Caption[]): number {
  return captions.filter(({ text }) => text !== '').length;
}

function linesIn(text: string, from: number, to: number): number {
  let lines = 0;
  for (let at = text.indexOf('\n', from); at !== -1 && at < to; at = text.indexOf('\n', at + 1)) lines++;
  return lines;
}
