import { decodeHTML } from 'entities/decode';
import type { Word } from '../../transcript.js';
import type { ParsedCues, TranscriptParser } from './format.js';
import { TimedCues } from './timed-cues.js';
import { elementsOf, readXml, type XmlElement, xmlRootName } from './xml.js';

/**
 * YouTube's timed text: `<transcript>` with `text` elements whose times are in seconds, or `<timedtext>` with
 * paragraphs `p` in milliseconds, whose segments `s` are the words of automatic captions. Texts are escaped twice, and
 * may have HTML tags, which are left out.
 */
export const timedtext: TranscriptParser = {
  format: 'timedtext',
  detect: (text) => /^(?:transcript|timedtext)$/.test(xmlRootName(text) ?? ''),

  parse(text): ParsedCues {
    const cues = new TimedCues();
    const root = readXml(text, cues.warnings);
    if (root !== undefined) for (const element of elementsOf(root)) readElement(element, cues);
    return { cues: cues.cues, warnings: cues.warnings.list() };
  },
};

function readElement(element: XmlElement, cues: TimedCues): void {
  if (element.name === 'body') for (const child of elementsOf(element)) readElement(child, cues);
  if (element.name === 'text') addText(element, cues);
  if (element.name === 'p') addParagraph(element, cues);
}

function addText(element: XmlElement, cues: TimedCues): void {
  const startMs = time(element, 'start', 1000);
  const lengthMs = time(element, 'dur', 1000);
  const text = plain(rawText(element));
  if (text.trim() !== '') cues.add({ startMs, endMs: startMs + lengthMs, text }, element.line, 'text');
}

function addParagraph(element: XmlElement, cues: TimedCues): void {
  const startMs = time(element, 't', 1);
  const endMs = startMs + time(element, 'd', 1);
  const text = plain(rawText(element));
  // Paragraphs of only a line break scroll the window of automatic captions.
  if (text.trim() === '') return;
  const segments = elementsOf(element).filter(({ name }) => name === 's');
  const starts = segments.map(
    (segment) => startMs + (segment.attributes.has('t') ? time(segment, 't', 1) : 0),
  );
  const words: Word[] = segments.map((segment, i) => ({
    startMs: starts[i]!,
    endMs: starts[i + 1] ?? endMs,
    text: plain(rawText(segment)),
  }));
  cues.add({ startMs, endMs, text, words: words.length > 1 ? words : [] }, element.line, 'p');
}

function time({ attributes }: XmlElement, name: string, unitMs: number): number {
  const text = attributes.get(name);
  return text === undefined || text.trim() === '' ? Number.NaN : Math.round(Number(text) * unitMs);
}

function rawText({ children }: XmlElement): string {
  return children
    .map((child) => (typeof child === 'string' ? child : child.name === 'br' ? '\n' : rawText(child)))
    .join('');
}

function plain(text: string): string {
  return decodeHTML(text).replace(
    /<\/?(?:i|b|u|s|em|strong|mark|small|del|ins|sub|sup|font|span|br)(?:\s[^<>]*)?\/?>/gi,
    '',
  );
}
