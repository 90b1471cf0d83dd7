import { decodeXML } from 'entities/decode';
import type { Warnings } from './warnings.js';
import { documentTypeEnd, prologEnd } from './xml-prolog.js';

/** An element of an XML document. Names are without their prefixes: the formats read here have no two of one name. */
export interface XmlElement {
  readonly name: string;
  readonly attributes: ReadonlyMap<string, string>;
  readonly children: (XmlElement | string)[];
  /** The line of its start tag, from 1. */
  readonly line: number;
}

/** Elements that are nested deeper become children of the one at this depth. */
const MAX_DEPTH = 256;
/**
 * Reads an XML document as far as it can be read, in linear time: what isn't well-formed is taken as it is meant, or
 * as text. End tags close the innermost element of their name; those that close nothing are passed over. Of entities the
 * five predefined ones and numbers are decoded; a document type that declares others is refused, with a warning, and
 * its entities stay as they are: nothing is ever expanded or fetched.
 *
 * @returns the outermost element; undefined if there is none.
 */
export function readXml(text: string, warnings?: Warnings): XmlElement | undefined {
  return new XmlReader(text, warnings).read();
}

/** The name of the outermost element, without its prefix; undefined if the text doesn't begin like XML. */
export function xmlRootName(text: string): string | undefined {
  if (!/^\s*</.test(text.slice(0, 1000))) return undefined;
  const start = prologEnd(text);
  return new XmlReader(text.slice(start, start + 4096), undefined).read()?.name;
}

class XmlReader {
  private readonly document: XmlElement = { name: '', attributes: new Map(), children: [], line: 1 };
  private readonly open: XmlElement[] = [this.document];
  /** How often each name is open, so that end tags of none are passed over at once. */
  private readonly openNames = new Map<string, number>();
  /** Elements that are too deep, and not in `open`. */
  private tooDeep = 0;
  private position = 0;
  private line = 1;
  /** The first line break that isn't counted yet. */
  private newline = -1;
  /** Document types are as they should be, so far: one that has no end is searched for it only once. */
  private hasSoundTypes = true;

  constructor(
    private readonly text: string,
    private readonly warnings: Warnings | undefined,
  ) {}

  read(): XmlElement | undefined {
    const { text } = this;
    while (this.position < text.length) {
      const bracket = text.indexOf('<', this.position);
      const end = bracket === -1 ? text.length : bracket;
      this.addText(text.slice(this.position, end));
      if (bracket === -1) break;
      this.position = bracket;
      this.markup();
    }
    return this.document.children.find((child) => typeof child !== 'string');
  }

  private markup(): void {
    const { text, position } = this;
    if (text.startsWith('<!--', position)) this.skipTo('-->');
    else if (text.startsWith('<![CDATA[', position)) this.characterData();
    else if (text.startsWith('<!', position)) this.documentType();
    else if (text.startsWith('<?', position)) this.skipTo('?>');
    else if (/[A-Za-z_/:]/.test(text[position + 1] ?? '')) this.tag();
    else {
      this.addRaw('<');
      this.position++;
    }
  }

  private characterData(): void {
    const start = this.position + '<![CDATA['.length;
    const end = this.text.indexOf(']]>', start);
    this.addRaw(this.text.slice(start, end === -1 ? this.text.length : end));
    this.position = end === -1 ? this.text.length : end + 3;
  }

  private documentType(): void {
    const line = this.lineAt(this.position);
    const found = this.hasSoundTypes ? documentTypeEnd(this.text, this.position) : undefined;
    const close = this.text.indexOf('>', this.position);
    const declares = found?.declares ?? this.text.slice(this.position, close).includes('[');
    if (found !== undefined) this.position = found.end;
    else {
      this.hasSoundTypes = false;
      this.skipTo(declares ? ']>' : '>');
    }
    if (!declares) return;
    this.warnings?.add(line, 'a document type with declarations: passed over, its entities are not expanded');
  }

  private skipTo(end: string): void {
    const found = this.text.indexOf(end, this.position);
    this.position = found === -1 ? this.text.length : found + end.length;
  }

  private tag(): void {
    const { text } = this;
    const start = this.position;
    const end = tagEnd(text, start);
    const content = text.slice(start + 1, end);
    this.position = end + 1;
    if (content.startsWith('/')) {
      this.close(localName(content.slice(1).trim()));
      return;
    }
    const nameLength = /^[^\s/>]+/.exec(content)?.[0].length ?? 0;
    const name = localName(content.slice(0, nameLength));
    const attributes = new Map<string, string>();
    readAttributes(content, nameLength, attributes);
    const element = { name, attributes, children: [], line: this.lineAt(start) };
    this.open.at(-1)!.children.push(element);
    if (content.endsWith('/')) return;
    if (this.open.length >= MAX_DEPTH) {
      this.tooDeep++;
      return;
    }
    this.open.push(element);
    this.openNames.set(name, (this.openNames.get(name) ?? 0) + 1);
  }

  private close(name: string): void {
    if (this.tooDeep > 0) {
      this.tooDeep--;
      return;
    }
    if ((this.openNames.get(name) ?? 0) === 0) return;
    for (let closed = this.open.pop()!; ; closed = this.open.pop()!) {
      this.openNames.set(closed.name, this.openNames.get(closed.name)! - 1);
      if (closed.name === name) return;
    }
  }

  private addText(text: string): void {
    if (text !== '') this.addRaw(text.includes('&') ? decodeXML(text) : text);
  }

  private addRaw(text: string): void {
    if (text !== '') this.open.at(-1)!.children.push(text);
  }

  /** The line of a position, which is never before the last one that was asked for: linear in the text. */
  private lineAt(position: number): number {
    while (this.newline < position) {
      if (this.newline !== -1) this.line++;
      const next = this.text.indexOf('\n', this.newline + 1);
      this.newline = next === -1 ? Number.POSITIVE_INFINITY : next;
    }
    return this.line;
  }
}

/** Where the `>` of a tag is that isn't in quotes. */
function tagEnd(text: string, start: number): number {
  let quote = '';
  for (let i = start + 1; i < text.length; i++) {
    const unit = text[i]!;
    if (quote !== '') {
      if (unit === quote) quote = '';
    } else if (unit === '>') return i;
    else if (unit === '<') return i - 1;
    else if ((unit === '"' || unit === "'") && text[i - 1] === '=') quote = unit;
  }
  return text.length;
}

const BETWEEN = /[\s/<>"'=]*/y;
const NAME = /[^\s=/<>"']+/y;
const EQUALS = /\s*=\s*/y;
/** In double or single quotes, or without any. */
const VALUE = /"([^"]*)(?:"|$)|'([^']*)(?:'|$)|([^\s"'>]+)/y;

/** Reads `name="value"` as often as it stands there; names without a value are passed over. */
function readAttributes(tag: string, from: number, attributes: Map<string, string>): void {
  let position = from;
  const match = (pattern: RegExp) => {
    pattern.lastIndex = position;
    const found = pattern.exec(tag);
    if (found !== null) position = pattern.lastIndex;
    return found;
  };
  for (;;) {
    match(BETWEEN);
    const name = match(NAME)?.[0];
    if (name === undefined) return;
    if (match(EQUALS) === null) continue;
    const [, double, single, bare] = match(VALUE) ?? [];
    attributes.set(localName(name), decodeXML(double ?? single ?? bare ?? ''));
  }
}

function localName(name: string): string {
  return name.slice(name.indexOf(':') + 1);
}

/** The elements among the children. */
export function elementsOf({ children }: XmlElement): XmlElement[] {
  return children.filter((child) => typeof child !== 'string');
}
