/** A block of a WebVTT file. `line` is that of its first line, of a cue that of its times. */
export type WebVttBlock =
  | {
      readonly kind: 'cue';
      readonly line: number;
      readonly id: string;
      readonly timing: string;
      readonly text: string;
    }
  | { readonly kind: 'style' | 'region' | 'other'; readonly line: number; readonly text: string };

/** Whether a text begins with the signature of WebVTT. It has no byte order mark, and its line ends are `\n`. */
export function hasWebVttSignature(text: string): boolean {
  return /^WEBVTT(?![^ \t\n])/.test(text);
}

/**
 * The blocks of a WebVTT file, by "collect a WebVTT block" (https://www.w3.org/TR/webvtt1/#collect-a-webvtt-block). A
 * line with an arrow begins a cue, if it is the first line of a block or the second after one without an arrow;
 * elsewhere it ends the block, and is looked at again. The text has a signature, no NUL, and line ends `\n`.
 */
export function* webVttBlocks(text: string): Generator<WebVttBlock> {
  const reader = new BlockReader(text);
  reader.skipHeader();
  for (let block = reader.block(false); block !== undefined; block = reader.block(false)) yield block;
}

class BlockReader {
  /** Where the next line begins. */
  private position = 0;
  /** The number of the line that begins there, from 1. */
  private number = 1;
  private arrow = -1;

  constructor(private readonly text: string) {}

  /** What stands below the signature, up to a blank line, is a header without meaning. */
  skipHeader(): void {
    this.end();
    if (this.text[this.position] !== '\n') this.block(true);
  }

  /** The next block; undefined at the end. */
  block(inHeader: boolean): WebVttBlock | undefined {
    this.skipBlankLines();
    if (this.position >= this.text.length) return undefined;
    let kind: 'other' | 'style' | 'region' = 'other';
    let cue: { id: string; timing: string; line: number } | undefined;
    const line = this.number;
    let from = this.position;
    let to = this.position;
    for (let count = 1; this.position < this.text.length; count++) {
      const start = this.position;
      const hasArrow = this.hasArrow();
      if (hasArrow && (inHeader || count > 2 || cue !== undefined)) break;
      const end = this.end();
      if (hasArrow) {
        const id = count === 2 ? this.text.slice(from, to) : '';
        cue = { id, timing: this.text.slice(start, end), line: this.number - 1 };
        from = this.position;
        to = this.position;
      } else if (start === end) {
        break;
      } else {
        if (count === 2 && cue === undefined) {
          kind = kindOf(this.text.slice(from, to));
          if (kind !== 'other') from = start;
        }
        to = end;
      }
    }
    const content = this.text.slice(from, to);
    return cue === undefined ? { kind, line, text: content } : { kind: 'cue', ...cue, text: content };
  }

  /** Goes on to the next line, and gives the end of this one. */
  private end(): number {
    const newline = this.text.indexOf('\n', this.position);
    const end = newline === -1 ? this.text.length : newline;
    this.position = end + 1;
    this.number++;
    return end;
  }

  private skipBlankLines(): void {
    while (this.text[this.position] === '\n') {
      this.position++;
      this.number++;
    }
  }

  /** Whether `-->` is in the line. A search goes on where the one before ended: linear in the text. */
  private hasArrow(): boolean {
    if (this.arrow < this.position) {
      const arrow = this.text.indexOf('-->', this.position);
      this.arrow = arrow === -1 ? Number.POSITIVE_INFINITY : arrow;
    }
    if (this.arrow === Number.POSITIVE_INFINITY) return false;
    const newline = this.text.indexOf('\n', this.position);
    return newline === -1 || this.arrow < newline;
  }
}

function kindOf(firstLine: string): 'other' | 'style' | 'region' {
  if (/^STYLE[ \t\f]*$/.test(firstLine)) return 'style';
  return /^REGION[ \t\f]*$/.test(firstLine) ? 'region' : 'other';
}
