import type { Word } from '../../transcript.js';
import type { ParsedCues, TranscriptParser } from './format.js';
import { TimedCues } from './timed-cues.js';
import { type TtmlClock, ttmlClock, ttmlTimeMs } from './ttml-time.js';
import { elementsOf, readXml, type XmlElement, xmlRootName } from './xml.js';

/** From when to when something is shown, in milliseconds. */
interface Interval {
  readonly begin: number;
  /** Infinity where nothing says so. */
  readonly end: number;
}

/** What an element hands down to those in it. */
interface Scope extends Interval {
  readonly speaker: string | null;
  readonly keepsSpace: boolean;
}

/** A piece of a paragraph's text. `isTimed`: by an element of its own in the paragraph. */
interface Run extends Interval {
  readonly text: string;
  readonly isTimed: boolean;
}

/**
 * The text of TTML, DFXP and IMSC (https://www.w3.org/TR/ttml2/). Each `p` is a cue; begin, end and dur count from the
 * element around, in a container `seq` from the end of the one before. Where a `p` has no times of its own and its
 * spans do, each span is a cue; where both have, the spans are words. Ruby text and metadata are left out; a
 * `ttm:agent` is the speaker.
 */
export const ttml: TranscriptParser = {
  format: 'ttml',
  detect: (text) => xmlRootName(text) === 'tt',

  parse(text): ParsedCues {
    const cues = new TimedCues();
    const root = readXml(text, cues.warnings);
    if (root !== undefined) new TtmlReader(root, cues).read();
    const language = root?.attributes.get('lang');
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
    if (element.name === 'p') {
      this.readParagraph(element, scope);
      return scope.end;
    }
    const isSequence = element.attributes.get('timeContainer') === 'seq';
    let last = scope.begin;
    for (const child of elementsOf(element)) {
      if (!['div', 'p', 'body'].includes(child.name)) continue;
      const end = this.readContainer(child, scope, isSequence ? last : scope.begin);
      if (Number.isFinite(end)) last = end;
    }
    return Number.isFinite(scope.end) || !isSequence ? scope.end : last;
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

  private readParagraph(element: XmlElement, scope: Scope): void {
    const runs: Run[] = [];
    this.collect(element, scope, false, runs);
    const { begin, end, speaker } = scope;
    const timed = runs.filter(({ isTimed, text }) => isTimed && text.trim() !== '');
    const hasTimes = ['begin', 'end', 'dur'].some((name) => element.attributes.has(name));
    if (timed.length > 0 && !hasTimes) {
      for (const run of runs) if (run.text.trim() !== '') this.add(run, run.text, speaker, element.line);
      return;
    }
    const text = runs.map((run) => run.text).join('');
    if (text.trim() === '') return;
    this.add({ begin, end }, text, speaker, element.line, timed.length > 1 ? timed.map(wordOf) : []);
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

  /** The text in an element, in runs of one interval each. */
  private collect(element: XmlElement, scope: Scope, isTimed: boolean, runs: Run[]): void {
    const isSequence = element.attributes.get('timeContainer') === 'seq';
    let last = scope.begin;
    for (const child of element.children) {
      if (typeof child === 'string') {
        const text = scope.keepsSpace ? child : child.replace(/\s+/g, ' ');
        runs.push({ begin: scope.begin, end: scope.end, text, isTimed });
      } else if (child.name === 'br') {
        runs.push({ begin: scope.begin, end: scope.end, text: '\n', isTimed });
      } else if (child.name === 'span' && !this.isRubyText(child)) {
        const inner = this.scopeOf(child, scope, isSequence ? last : scope.begin);
        if (Number.isFinite(inner.end)) last = inner.end;
        const hasTimes = ['begin', 'end', 'dur'].some((name) => child.attributes.has(name));
        this.collect(child, inner, isTimed || hasTimes, runs);
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

function wordOf({ begin, end, text }: Run): Word {
  return { startMs: Math.round(begin), endMs: Number.isFinite(end) ? Math.round(end) : Number.NaN, text };
}

function keepsSpace({ attributes }: XmlElement, inherited: boolean): boolean {
  const space = attributes.get('space');
  return space === undefined ? inherited : space === 'preserve';
}

function textIn(element: XmlElement): string {
  return element.children.map((child) => (typeof child === 'string' ? child : textIn(child))).join('');
}
