import { CueList } from './cue-list.js';
import { readSubRipText } from './cue-text.js';
import type { ParsedCues, TranscriptParser } from './format.js';
import { LineCues } from './line-cues.js';
import { Lines } from './lines.js';
import { mendArrowTiming } from './mended-timing.js';
import { readArrowTiming, type TimingInText } from './timestamp.js';

/** A text is taken for SubRip if a timing is among this many lines that aren't blank. */
const LINES_TO_LOOK_AT = 10;
/** What may stand behind times: SubRip's coordinates and WebVTT's settings. */
const COORDINATES = /^(?:[XY][12]:\s*-?\d+\s*)+$/i;
const SETTINGS = /^(?:(?:align|line|position|size|vertical|region):\S+(?:\s+|$))+$/;
/** Coordinates and settings are no longer than this. */
const MAX_SETTINGS = 200;

/** Whether a text begins with an index and times, so that it can be in no other format. Line ends may be any. */
export function beginsWithSubRip(text: string): boolean {
  return /^\s*\d{1,9}[ \t]*\r?\n\s*\d{1,9}:\d{1,9}:\d{1,9}[,.]\d{1,9} *-->/.test(text);
}

/**
 * SubRip (`.srt`). A cue is an index, a timing `00:00:01,000 --> 00:00:02,500` and lines of text up to a blank
 * line. There is no standard, so this reads what is found: indices may be missing, wrong or glued to the cue
 * above, stamps may lack hours or the fraction or have a full stop in it, blank lines may be inside of a cue.
 * With a warning, it also reads malformed times, an end that is missing, and text behind the times.
 */
export const srt: TranscriptParser = {
  format: 'srt',

  detect(text) {
    const lines = new Lines(text);
    let afterIndex = false;
    for (let seen = 0; seen < LINES_TO_LOOK_AT && lines.next(); ) {
      if (lines.isBlank) continue;
      const { units, start, end } = lines;
      if (lines.hasArrow() && readArrowTiming(units, start, end) !== null) return true;
      if (afterIndex && mendArrowTiming(text, start, end) !== null) return true;
      afterIndex = lines.isNumber();
      seen++;
    }
    return false;
  },

  parse: (text) => new SrtReader(text).read(),
};

class SrtReader {
  private readonly lines: Lines;
  private readonly list = new CueList(readSubRipText);
  private readonly cues: LineCues;
  /** Whether the line before the current one is blank, or there is none. */
  private afterBlank = true;
  /** Whether lines are passed over, up to the next blank one or timing. */
  private skipping = false;
  /**
   * A line with only a number, 0 for none: the index of the next cue, unless what follows shows that it is text.
   * Where it is in the file, and whether it comes after a blank line.
   */
  private numberLine = 0;
  private numberStart = 0;
  private numberEnd = 0;
  private numberAfterBlank = false;

  constructor(text: string) {
    this.lines = new Lines(text);
    this.cues = new LineCues(this.lines, this.list);
  }

  read(): ParsedCues {
    const { lines } = this;
    while (lines.next()) {
      if (lines.isBlank) this.blank();
      else if (lines.hasArrow()) this.arrow();
      else if (!this.timesWithoutArrow() && !this.skipping) this.speech();
      this.afterBlank = lines.isBlank;
    }
    if (this.isIndex) this.indexWithoutTiming();
    this.numberIsText();
    this.cues.close();
    return this.list.result();
  }

  /** Whether there is a number at the head of a block. */
  private get isIndex(): boolean {
    return this.numberLine > 0 && this.numberAfterBlank;
  }

  private blank(): void {
    this.skipping = false;
    if (!this.isIndex) this.numberIsText();
  }

  private arrow(): void {
    const { units, start, end, number } = this.lines;
    const timing = readArrowTiming(units, start, end);
    if (timing !== null) {
      this.open(timing);
    } else if (this.mended()) {
      return;
    } else if (this.afterBlank || this.numberLine > 0) {
      this.cues.close();
      this.numberLine = 0;
      this.skipping = true;
      this.list.warnings.add(number, `times that can't be read: the cue is passed over`);
    } else if (!this.skipping) {
      this.speech();
    }
  }

  /** Opens a cue if the current line, which begins a block, has times without `-->`. */
  private timesWithoutArrow(): boolean {
    return (this.isIndex || this.afterBlank) && !this.lines.isNumber() && this.mended();
  }

  /** Opens a cue if the current line has malformed times. */
  private mended(): boolean {
    const { text, start, end, number } = this.lines;
    const timing = mendArrowTiming(text, start, end);
    if (timing === null) return false;
    const { startMs, endMs } = timing;
    // Of others the list says what it mends.
    if (startMs >= 0 && endMs >= 0)
      this.list.warnings.add(number, `malformed times: read as ${startMs} ms to ${endMs} ms`);
    this.open(timing);
    return true;
  }

  private open(timing: TimingInText): void {
    const { lines } = this;
    this.numberLine = 0;
    this.skipping = false;
    this.cues.open(timing);
    if (timing.end < lines.end) this.behindTimes(timing);
  }

  /** Keeps text that stands behind the times. */
  private behindTimes({ end, endMs }: TimingInText): void {
    const { lines } = this;
    const rest = lines.text.slice(end, Math.min(lines.end, end + MAX_SETTINGS)).trimStart();
    const isBrokenEnd = Number.isNaN(endMs) && /^[-–−]?\d/.test(rest);
    if (isBrokenEnd || COORDINATES.test(rest) || SETTINGS.test(rest)) return;
    const from = lines.text.indexOf(rest, end);
    this.list.warnings.add(lines.number, 'text behind the times: kept');
    this.cues.appendRange(from, lines.end, lines.number, false);
  }

  private speech(): void {
    const { lines } = this;
    if (this.isIndex) {
      this.indexWithoutTiming();
      this.skipping = !this.afterBlank;
      if (this.skipping) return;
    }
    this.numberIsText();
    if (lines.isNumber()) {
      this.numberLine = lines.number;
      this.numberStart = lines.start;
      this.numberEnd = lines.end;
      this.numberAfterBlank = this.afterBlank;
    } else {
      this.cues.append(this.afterBlank);
    }
  }

  /** What seemed to be an index, if there is something, was a line of text. */
  private numberIsText(): void {
    if (this.numberLine === 0) return;
    this.cues.appendRange(this.numberStart, this.numberEnd, this.numberLine, this.numberAfterBlank);
    this.numberLine = 0;
  }

  private indexWithoutTiming(): void {
    this.list.warnings.add(this.numberLine, 'an index without times: passed over');
    this.numberLine = 0;
  }
}
