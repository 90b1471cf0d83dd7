import type { Word } from '../../transcript.js';
import type { ParsedCues, TranscriptParser } from './format.js';
import { TimedCues } from './timed-cues.js';
import { groupRuns, type Interval, isSameCue, isSameSpeaker, type Run, wordOf } from './ttml-runs.js';
import { type TtmlClock, ttmlClock, ttmlTimeMs } from './ttml-time.js';
import { elementsOf, readXml, type XmlElement, xmlRootName } from './xml.js';

/** What an element hands down to those in it. */
interface Scope extends Interval {
  readonly speaker: string | null;
  readonly keepsSpace: boolean;
}

/** Elements with text of a paragraph. Those of HTML don't belong there, but some programs write them. */
const INLINE = new Set(['span', 'b', 'i', 'u', 'em', 'strong', 'font', 'small']);

/**
 * The text of TTML, DFXP and IMSC (https://www.w3.org/TR/ttml2/). Each `p` is a cue; begin, end and dur count from the
 * element around, in a container `seq` from the end of the one before. Where a `p` has no times of its own and its
 * spans do, spans of one time are a cue; where both have, the spans are words. Ruby text and metadata are left out; a
 * `ttm:agent` is the speaker, and a paragraph of two is two cues. Text outside of paragraphs, and paragraphs in
 * paragraphs, whose end tags are missing, are cues with a warning.
 */
export const ttml: TranscriptParser = {
  format: 'ttml',
  detect: (text) => xmlRootName(text) === 'tt',

  parse(text): ParsedCues {
    const cues = new TimedCues();
    const root = readXml(text, cues.warnings);
    if (root !== undefined) new TtmlReader(root, cues).read();
    const language = root === undefined ? undefined : languageOf(root);
    return { cues: cues.cues, warnings: cues.warnings.list(), ...(language && { language }) };
  },
};

class TtmlReader {
  private readonly clock: TtmlClock;
  private readonly agents = new Map<string, string>();
  /** Styles by which text is ruby. */
  private readonly rubyStyles = new Map<string, string>();

  constructor(
    private readonly root: XmlElement,
    private readonly cues: TimedCues,
  ) {
    this.clock = ttmlClock(root.attributes);
  }

  read(): void {
    for (const part of elementsOf(this.root)) {
      if (part.name === 'head') this.readHead(part);
      if (part.name === 'body' || part.name === 'div' || part.name === 'p') {
        this.readContainer(
          part,
          {
            begin: 0,
            end: Number.POSITIVE_INFINITY,
            speaker: null,
            keepsSpace: keepsSpace(this.root, false),
          },
          0,
        );
      }
    }
  }

  private readHead(element: XmlElement): void {
    for (const child of elementsOf(element)) {
      const id = child.attributes.get('id');
      if (child.name === 'agent' && id !== undefined) {
        const name = elementsOf(child).find((part) => part.name === 'name');
        this.agents.set(id, name === undefined ? id : textIn(name).trim());
      }
      const ruby = child.attributes.get('ruby');
      if (child.name === 'style' && id !== undefined && ruby !== undefined) this.rubyStyles.set(id, ruby);
      this.readHead(child);
    }
  }

  /** Reads a body, div or p; returns when it ends. */
  private readContainer(element: XmlElement, around: Scope, after: number): number {
    const scope = this.scopeOf(element, around, after);
    if (element.name === 'p') return this.readParagraph(element, scope, around, after);
    const isSequence = element.attributes.get('timeContainer') === 'seq';
    let last = scope.begin;
    for (const child of element.children) {
      if (typeof child === 'string') this.addLoose(child, scope, element);
      else if (['div', 'p', 'body'].includes(child.name)) {
        const end = this.readContainer(child, scope, isSequence ? last : scope.begin);
        if (Number.isFinite(end)) last = isSequence ? end : Math.max(last, end);
      }
    }
    return Number.isFinite(scope.end) || last === scope.begin ? scope.end : last;
  }

  private addLoose(text: string, scope: Scope, { line }: XmlElement): void {
    if (text.trim() === '') return;
    this.cues.warnings.add(line, 'text outside of a paragraph: read as one');
    this.add(scope, text.replace(/\s+/g, ' '), scope.speaker, line);
  }

  /** @param after - what the element's times count from */
  private scopeOf(element: XmlElement, around: Scope, after: number): Scope {
    const begin = after + (this.time(element, 'begin') ?? 0);
    const end = this.time(element, 'end');
    const duration = this.time(element, 'dur');
    const ends = [
      around.end,
      end === undefined ? Number.POSITIVE_INFINITY : after + end,
      duration === undefined ? Number.POSITIVE_INFINITY : begin + duration,
    ];
    const agent = element.attributes.get('agent')?.trim().split(/\s+/)[0];
    const speaker = agent === undefined ? around.speaker : (this.agents.get(agent) ?? agent);
    return { begin, end: Math.min(...ends), speaker, keepsSpace: keepsSpace(element, around.keepsSpace) };
  }

  private time(element: XmlElement, name: string): number | undefined {
    const text = element.attributes.get(name);
    if (text === undefined) return undefined;
    const time = ttmlTimeMs(text, this.clock);
    if (!Number.isNaN(time)) return time;
    this.cues.warnings.add(element.line, `${name}="${text.slice(0, 40)}": no time expression: passed over`);
    return undefined;
  }

  /** Reads a paragraph; returns when it ends, which is where its last span does, if it doesn't say so. */
  private readParagraph(element: XmlElement, scope: Scope, around: Scope, after: number): number {
    const runs: Run[] = [];
    const inner: XmlElement[] = [];
    this.collect(element, scope, false, { runs, inner });
    const isTimed = runs.some((run) => run.isTimed && run.text.trim() !== '');
    const showsSpans = isTimed && !hasTimes(element);
    for (const group of groupRuns(runs, showsSpans ? isSameCue : isSameSpeaker)) {
      const timed = group.filter((run) => run.isTimed && run.text.trim() !== '');
      const words = !showsSpans && timed.length > 1 ? timed.map(wordOf) : [];
      const text = group.map((run) => run.text).join('');
      this.add(showsSpans ? group[0]! : scope, text, group[0]!.speaker, element.line, words);
    }
    for (const paragraph of inner) {
      this.cues.warnings.add(paragraph.line, 'a paragraph in a paragraph: read as behind it');
      this.readContainer(paragraph, around, after);
    }
    const ends = runs.map(({ end }) => end).filter(Number.isFinite);
    return Number.isFinite(scope.end) || !showsSpans
      ? scope.end
      : ends.reduce((last, end) => Math.max(last, end));
  }

  private add(
    { begin, end }: Interval,
    text: string,
    speaker: string | null,
    line: number,
    words: Word[] = [],
  ): void {
    const endMs = Number.isFinite(end) ? Math.round(end) : Number.NaN;
    this.cues.add({ startMs: Math.round(begin), endMs, text, speaker, words }, line, 'p');
  }

  /** The text in an element, in runs of one interval each, and the paragraphs in it. */
  private collect(element: XmlElement, scope: Scope, isTimed: boolean, into: Collected): void {
    const isSequence = element.attributes.get('timeContainer') === 'seq';
    const { begin, end, speaker } = scope;
    let last = begin;
    for (const child of element.children) {
      if (typeof child === 'string') {
        const text = scope.keepsSpace ? child : child.replace(/\s+/g, ' ');
        into.runs.push({ begin, end, speaker, text, isTimed });
      } else if (child.name === 'br') {
        into.runs.push({ begin, end, speaker, text: '\n', isTimed });
        // A line break without an end tag has what is behind it in it.
        this.collect(child, scope, isTimed, into);
      } else if (child.name === 'p') {
        into.inner.push(child);
      } else if (INLINE.has(child.name) && !this.isRubyText(child)) {
        const inner = this.scopeOf(child, scope, isSequence ? last : begin);
        if (Number.isFinite(inner.end)) last = inner.end;
        this.collect(child, inner, isTimed || hasTimes(child), into);
      }
    }
  }

  private isRubyText(span: XmlElement): boolean {
    const styles = (span.attributes.get('style') ?? '').split(/\s+/);
    const ruby =
      span.attributes.get('ruby') ??
      styles.map((id) => this.rubyStyles.get(id)).find((kind) => kind !== undefined);
    return ruby === 'text' || ruby === 'textContainer' || ruby === 'delimiter';
  }
}

/** What is in a paragraph. */
interface Collected {
  readonly runs: Run[];
  readonly inner: XmlElement[];
}

function hasTimes({ attributes }: XmlElement): boolean {
  return attributes.has('begin') || attributes.has('end') || attributes.has('dur');
}

/** The language of the document, else of the first element in its body that has one. */
function languageOf(root: XmlElement): string | undefined {
  const own = root.attributes.get('lang');
  if (own) return own;
  for (const child of elementsOf(root)) {
    const language = ['body', 'div', 'p'].includes(child.name) ? languageOf(child) : undefined;
    if (language !== undefined) return language;
  }
  return undefined;
}

function keepsSpace({ attributes }: XmlElement, inherited: boolean): boolean {
  const space = attributes.get('space');
  return space === undefined ? inherited : space === 'preserve';
}

function textIn(element: XmlElement): string {
  return element.children.map((child) => (typeof child === 'string' ? child : textIn(child))).join('');
}
