import { decodeHTML } from 'entities/decode';

/** What a tag of a cue's text makes: `v` has a voice, `lang` a language. */
export interface WebVttElement {
  readonly kind: 'c' | 'i' | 'b' | 'u' | 'ruby' | 'rt' | 'v' | 'lang';
  readonly classes: readonly string[];
  /** Of `v` the speaker, of `lang` the language, else empty. */
  readonly annotation: string;
  readonly children: WebVttNode[];
}

/** A node of a cue's text. */
export type WebVttNode =
  | { readonly kind: 'text'; readonly text: string }
  /** From here on the text is spoken at this time, in seconds. */
  | { readonly kind: 'timestamp'; readonly time: number }
  | WebVttElement;

const ELEMENTS = new Set(['c', 'i', 'b', 'u', 'ruby', 'rt', 'v', 'lang']);
const TIMESTAMP = /^(?:(\d{2,}):)?([0-5]\d):([0-5]\d)\.(\d{3})$/;
/** The end of a tag's name. */
const NAME_END = /[\t\n\f >.]/g;

/**
 * Parses the text of a WebVTT cue to a tree, by the WebVTT cue text parsing rules
 * (https://www.w3.org/TR/webvtt1/#cue-text-parsing-rules).
 *
 * @example
 * parseWebVttCueText('<v Mary>Hi</v>'); // [{ kind: 'v', annotation: 'Mary', children: [{ kind: 'text', text: 'Hi' }], … }]
 */
export function parseWebVttCueText(text: string): WebVttNode[] {
  const root: WebVttNode[] = [];
  const open: WebVttElement[] = [];
  const children = () => open.at(-1)?.children ?? root;
  for (let position = 0; position < text.length; ) {
    const bracket = text.indexOf('<', position);
    const textEnd = bracket === -1 ? text.length : bracket;
    if (textEnd > position)
      children().push({ kind: 'text', text: decodeHTML(text.slice(position, textEnd)) });
    if (bracket === -1) break;
    const close = text.indexOf('>', bracket);
    const tag = text.slice(bracket + 1, close === -1 ? text.length : close);
    position = close === -1 ? text.length : close + 1;
    if (tag.startsWith('/')) endTag(tag.slice(1), open);
    else if (/^\d/.test(tag)) addTimestamp(tag, children());
    else startTag(tag, open, children());
  }
  return root;
}

function addTimestamp(tag: string, children: WebVttNode[]): void {
  const [, hours = '0', minutes, seconds, fraction] = TIMESTAMP.exec(tag) ?? [];
  if (minutes === undefined) return;
  const time = (Number(hours) * 60 + Number(minutes)) * 60 + Number(seconds) + Number(fraction) / 1000;
  children.push({ kind: 'timestamp', time });
}

function startTag(tag: string, open: WebVttElement[], children: WebVttNode[]): void {
  NAME_END.lastIndex = 0;
  const nameEnd = NAME_END.exec(tag)?.index ?? tag.length;
  const kind = tag.slice(0, nameEnd);
  if (!ELEMENTS.has(kind) || (kind === 'rt' && open.at(-1)?.kind !== 'ruby')) return;
  const space = tag.slice(nameEnd).search(/[\t\n\f ]/);
  const annotationStart = space === -1 ? tag.length : nameEnd + space;
  const classes = tag
    .slice(nameEnd, annotationStart)
    .split('.')
    .filter((name) => name !== '');
  const isAnnotated = kind === 'v' || kind === 'lang';
  const annotation = isAnnotated
    ? decodeHTML(tag.slice(annotationStart))
        .replace(/[\t\n\f\r ]+/g, ' ')
        .trim()
    : '';
  const element = { kind: kind as WebVttElement['kind'], classes, annotation, children: [] };
  children.push(element);
  open.push(element);
}

/** An end tag closes the element that is open, if it is one of it; `</ruby>` closes an `rt` in it, too. */
function endTag(name: string, open: WebVttElement[]): void {
  const current = open.at(-1);
  if (current?.kind === name) open.pop();
  else if (name === 'ruby' && current?.kind === 'rt') open.splice(-2);
}
