/** When a cue is shown, in milliseconds from the start of the recording. */
export interface Timing {
  startMs: number;
  endMs: number;
}

const COLON = 0x3a;
const COMMA = 0x2c;
const FULL_STOP = 0x2e;
/** More digits than this are no time; a number of them stays exact. */
const MAX_DIGITS = 9;

/**
 * Reads `start --> end` between two positions of a text; whatever follows the end, such as WebVTT's settings or
 * SubRip's coordinates, is passed over. Stamps are `H:MM:SS` or `MM:SS`, any number of digits each, with a
 * fraction after a comma or a full stop or without one, or `SS.mmm`.
 *
 * @returns null if there is anything else.
 */
export function readArrowTiming(text: string, start: number, end: number): Timing | null {
  const reader = new TimestampReader(text, start, end);
  const startMs = reader.timestamp(true);
  reader.spaces();
  if (startMs === null || !reader.literal('-->')) return null;
  reader.spaces();
  const endMs = reader.timestamp(true);
  return endMs === null || !reader.isAtBoundary() ? null : { startMs, endMs };
}

/** Reads SubViewer's `H:MM:SS.mmm,H:MM:SS.mmm`, which must be all there is between the two positions. */
export function readCommaTiming(text: string, start: number, end: number): Timing | null {
  const reader = new TimestampReader(text, start, end);
  const startMs = reader.timestamp(false);
  if (startMs === null || !reader.literal(',')) return null;
  const endMs = reader.timestamp(false);
  return endMs === null || !reader.isAtEnd() ? null : { startMs, endMs };
}

class TimestampReader {
  constructor(
    private readonly text: string,
    private position: number,
    private readonly end: number,
  ) {}

  /** Milliseconds, or null if no timestamp begins here. */
  timestamp(commaFractions: boolean): number | null {
    const first = this.digits();
    if (first === -1) return null;
    if (!this.unit(COLON)) return this.secondsAlone(first);
    const second = this.digits();
    if (second === -1) return null;
    let seconds = first * 60 + second;
    if (this.unit(COLON)) {
      const third = this.digits();
      if (third === -1) return null;
      seconds = seconds * 60 + third;
    }
    return seconds * 1000 + this.fractionMs(commaFractions);
  }

  /** A stamp of seconds only, which has a fraction. */
  private secondsAlone(seconds: number): number | null {
    const isFraction = this.text.charCodeAt(this.position) === FULL_STOP && this.position < this.end;
    return isFraction ? seconds * 1000 + this.fractionMs(false) : null;
  }

  /** A decimal fraction of a second, cut off after the third digit; 0 if there is none. */
  private fractionMs(commaFractions: boolean): number {
    const mark = this.position;
    if (!this.unit(FULL_STOP) && !(commaFractions && this.unit(COMMA))) return 0;
    let fraction = 0;
    let unitMs = 100;
    let digit = this.digit();
    if (digit === -1) this.position = mark;
    while (digit !== -1) {
      fraction += digit * unitMs;
      unitMs = Math.floor(unitMs / 10);
      digit = this.digit();
    }
    return fraction;
  }

  /** A whole number, or -1 if there is none or it is too long. */
  private digits(): number {
    const from = this.position;
    let value = 0;
    for (let digit = this.digit(); digit !== -1; digit = this.digit()) value = value * 10 + digit;
    const length = this.position - from;
    return length === 0 || length > MAX_DIGITS ? -1 : value;
  }

  private digit(): number {
    const value = this.position < this.end ? this.text.charCodeAt(this.position) - 0x30 : -1;
    if (value < 0 || value > 9) return -1;
    this.position++;
    return value;
  }

  private unit(expected: number): boolean {
    if (this.position >= this.end || this.text.charCodeAt(this.position) !== expected) return false;
    this.position++;
    return true;
  }

  literal(expected: string): boolean {
    if (!this.text.startsWith(expected, this.position)) return false;
    this.position += expected.length;
    return this.position <= this.end;
  }

  spaces(): void {
    while (this.position < this.end && this.text.charCodeAt(this.position) <= 0x20) this.position++;
  }

  isAtEnd(): boolean {
    return this.position === this.end;
  }

  /** Whether white space or nothing follows. */
  isAtBoundary(): boolean {
    return this.isAtEnd() || this.text.charCodeAt(this.position) <= 0x20;
  }
}
