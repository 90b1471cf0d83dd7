const NEWLINE = 0x0a;

/** Whether a UTF-16 unit is white space at the ends of a line: what is left there is layout, not speech. */
export function isLayout(unit: number): boolean {
  return unit <= 0x20 || (unit >= 0x7f && isWideLayout(unit));
}

/** Whether there is nothing in a text but layout. */
export function isBlank(text: string): boolean {
  for (let i = 0; i < text.length; i++) if (!isLayout(text.charCodeAt(i))) return false;
  return true;
}

/** Also the marks of direction and the characters without width that editors leave. */
function isWideLayout(unit: number): boolean {
  if (unit >= 0x2000 && unit <= 0x206f) return unit <= 0x200b || isSeparator(unit) || isDirection(unit);
  return unit === 0x7f || unit === 0xa0 || unit === 0xfeff || unit === 0x3000 || unit === 0x1680;
}

/** Separators of lines and paragraphs, and the narrow and the mathematical space. */
function isSeparator(unit: number): boolean {
  return unit === 0x2028 || unit === 0x2029 || unit === 0x202f || unit === 0x205f;
}

function isDirection(unit: number): boolean {
  return (
    (unit >= 0x200e && unit <= 0x200f) ||
    (unit >= 0x202a && unit <= 0x202e) ||
    (unit >= 0x2066 && unit <= 0x2069)
  );
}

/** The UTF-16 units of a text: reading these is some times faster than `charCodeAt`. */
export function utf16(text: string): Uint16Array {
  const bytes = Buffer.from(text, 'utf16le');
  return new Uint16Array(bytes.buffer, bytes.byteOffset, text.length);
}

/**
 * A cursor over the lines of a text whose line ends are `\n` or `\r\n`. It hands out positions, not strings, so that
 * a parser copies only what it keeps.
 */
export class Lines {
  readonly units: Uint16Array;
  /** The current line without white space at its ends: `text.slice(start, end)`. */
  start = 0;
  end = 0;
  /** The number of the current line, from 1. */
  number = 0;
  private following = 0;
  private arrow = -1;

  constructor(readonly text: string) {
    this.units = utf16(text);
  }

  /** Moves to the next line. Returns false behind the last one. */
  next(): boolean {
    const { units } = this;
    const { length } = units;
    let start = this.following;
    if (start > length || (start === length && this.number > 0)) return false;
    let end = start;
    while (end < length && units[end] !== NEWLINE) end++;
    this.following = end + 1;
    while (start < end && isLayout(units[start]!)) start++;
    while (end > start && isLayout(units[end - 1]!)) end--;
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
      const unit = this.units[i]!;
      if (unit < 0x30 || unit > 0x39) return false;
    }
    return !this.isBlank;
  }

  slice(): string {
    return this.text.slice(this.start, this.end);
  }
}
