/** When a cue is shown, in milliseconds from the start of the recording. */
export interface Timing {
  startMs: number;
  endMs: number;
}

/** A timing, and where it ends in the text. */
export interface TimingInText extends Timing {
  end: number;
}

const COLON = 0x3a;
const COMMA = 0x2c;
const FULL_STOP = 0x2e;
const SPACE = 0x20;
const HYPHEN = 0x2d;
const GREATER_THAN = 0x3e;
/** More digits than this are no time; a number of them stays exact. */
const MAX_DIGITS = 9;

/**
 * Reads `start --> end` between two positions of a text's UTF-16 units; white space or nothing follows the end. Stamps
 * are `H:MM:SS` or `MM:SS`, any number of digits each, with a fraction after a comma or a full stop or without one, or
 * `SS.mmm`.
 *
 * @returns null if there is anything else.
 */
export function readArrowTiming(units: Uint16Array, start: number, end: number): TimingInText | null {
  const usual = end - start === USUAL_LENGTH ? readUsualTiming(units, start) : null;
  if (usual !== null) return usual;
  const reader = new TimestampReader(units, start, end);
  const startMs = reader.timestamp(true);
  reader.spaces();
  if (startMs === null || !reader.arrow()) return null;
  reader.spaces();
  const endMs = reader.timestamp(true);
  return endMs === null || !reader.isAtBoundary() ? null : { startMs, endMs, end: reader.position };
}

const USUAL_LENGTH = '00:00:01,000 --> 00:00:02,500'.length;
const SECOND_STAMP = '00:00:01,000 --> '.length;

/** Reads the form that nearly all cues have, some times faster than any form. */
function readUsualTiming(units: Uint16Array, start: number): TimingInText | null {
  const startMs = usualStamp(units, start);
  const endMs = usualStamp(units, start + SECOND_STAMP);
  const gap = start + SECOND_STAMP - ' --> '.length;
  const hasArrow = units[gap] === SPACE && isArrow(units, gap + 1) && units[gap + 4] === SPACE;
  return hasArrow && startMs >= 0 && endMs >= 0 ? { startMs, endMs, end: start + USUAL_LENGTH } : null;
}

/** Milliseconds of `00:00:01,000` or `00:00:01.000`; less than 0 if it isn't one. */
function usualStamp(units: Uint16Array, at: number): number {
  const mark = units[at + 8]!;
  if (units[at + 2] !== COLON || units[at + 5] !== COLON) return -1;
  if (mark !== COMMA && mark !== FULL_STOP) return -1;
  const hours = twoDigits(units, at);
  const minutes = twoDigits(units, at + 3);
  const seconds = twoDigits(units, at + 6);
  const hundredths = twoDigits(units, at + 9);
  const thousandths = units[at + 11]! - 0x30;
  if (hours < 0 || minutes < 0 || seconds < 0 || hundredths < 0) return -1;
  if (thousandths < 0 || thousandths > 9) return -1;
  return ((hours * 60 + minutes) * 60 + seconds) * 1000 + hundredths * 10 + thousandths;
}

/** 0 to 99, or less than 0 if there is something else. */
function twoDigits(units: Uint16Array, at: number): number {
  const tens = units[at]! - 0x30;
  const ones = units[at + 1]! - 0x30;
  return tens >= 0 && tens <= 9 && ones >= 0 && ones <= 9 ? tens * 10 + ones : -1;
}

/** Reads SubViewer's `H:MM:SS.mmm,H:MM:SS.mmm`, which must be all there is between the two positions. */
export function readCommaTiming(units: Uint16Array, start: number, end: number): Timing | null {
  const reader = new TimestampReader(units, start, end);
  const startMs = reader.timestamp(false);
  if (startMs === null || !reader.unit(COMMA)) return null;
  const endMs = reader.timestamp(false);
  return endMs === null || !reader.isAtEnd() ? null : { startMs, endMs };
}

function isArrow(units: Uint16Array, at: number): boolean {
  return units[at] === HYPHEN && units[at + 1] === HYPHEN && units[at + 2] === GREATER_THAN;
}

class TimestampReader {
  constructor(
    private readonly units: Uint16Array,
    public position: number,
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
    const isFraction = this.units[this.position] === FULL_STOP && this.position < this.end;
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
    const value = this.position < this.end ? this.units[this.position]! - 0x30 : -1;
    if (value < 0 || value > 9) return -1;
    this.position++;
    return value;
  }

  unit(expected: number): boolean {
    if (this.position >= this.end || this.units[this.position] !== expected) return false;
    this.position++;
    return true;
  }

  arrow(): boolean {
    if (this.position + 3 > this.end || !isArrow(this.units, this.position)) return false;
    this.position += 3;
    return true;
  }

  spaces(): void {
    while (this.position < this.end && this.units[this.position]! <= 0x20) this.position++;
  }

  isAtEnd(): boolean {
    return this.position === this.end;
  }

  /** Whether white space or nothing follows. */
  isAtBoundary(): boolean {
    return this.isAtEnd() || this.units[this.position]! <= 0x20;
  }
}
