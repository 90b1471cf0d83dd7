/** Whether a UTF-16 unit is white space at the ends of a line: what is left there is layout, not speech. */
function isLayout(unit: number): boolean {
  return unit <= 0x20 || unit === 0xa0 || unit === 0xfeff || unit === 0x3000;
}

/**
 * A cursor over the lines of a text whose line ends are `\n`. It hands out positions, not strings, so that a
 * parser copies only what it keeps.
 */
export class Lines {
  /** The current line without white space at its ends: `text.slice(start, end)`. */
  start = 0;
  end = 0;
  /** The number of the current line, from 1. */
  number = 0;
  private following = 0;
  private arrow = -1;

  constructor(readonly text: string) {}

  /** Moves to the next line. Returns false behind the last one. */
  next(): boolean {
    const { text } = this;
    let start = this.following;
    if (start > text.length || (start === text.length && this.number > 0)) return false;
    const newline = text.indexOf('\n', start);
    let end = newline === -1 ? text.length : newline;
    this.following = end + 1;
    while (start < end && isLayout(text.charCodeAt(start))) start++;
    while (end > start && isLayout(text.charCodeAt(end - 1))) end--;
    this.start = start;
    this.end = end;
    this.number++;
    return true;
  }

  get isBlank(): boolean {
    return this.start === this.end;
  }

  /** Whether `-->` is in the current line. A search goes on where the one before ended: linear in the text. */
  hasArrow(): boolean {
    if (this.arrow < this.start) {
      const arrow = this.text.indexOf('-->', this.start);
      this.arrow = arrow === -1 ? Number.POSITIVE_INFINITY : arrow;
    }
    return this.arrow + 2 < this.end;
  }

  /** Whether the current line has only ASCII digits, at least one. */
  isNumber(): boolean {
    for (let i = this.start; i < this.end; i++) {
      const unit = this.text.charCodeAt(i);
      if (unit < 0x30 || unit > 0x39) return false;
    }
    return !this.isBlank;
  }

  startsWith(prefix: string): boolean {
    return this.text.startsWith(prefix, this.start);
  }

  slice(): string {
    return this.text.slice(this.start, this.end);
  }
}
