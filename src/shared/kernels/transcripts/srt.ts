import { CueList } from './cue-list.js';
import { readSubRipText } from './cue-text.js';
import type { ParsedCues, TranscriptParser } from './format.js';
import { Lines } from './lines.js';
import { readArrowTiming, type Timing } from './timestamp.js';

/** A text is taken for SubRip if a timing is among this many lines that aren't blank. */
const LINES_TO_LOOK_AT = 10;

/**
 * SubRip (`.srt`). A cue is an index, a timing `00:00:01,000 --> 00:00:02,500` and lines of text up to a blank
 * line. There is no standard, so this reads what is found: indices may be missing, wrong or glued to the cue
 * above, stamps may lack hours or the fraction or have a full stop in it, blank lines may be inside of a cue.
 */
export const srt: TranscriptParser = {
  format: 'srt',

  detect(text) {
    const lines = new Lines(text);
    for (let seen = 0; seen < LINES_TO_LOOK_AT && lines.next(); ) {
      if (lines.isBlank) continue;
      if (readTiming(lines) !== null) return true;
      seen++;
    }
    return false;
  },

  parse: (text) => new SrtReader(text).read(),
};

function readTiming(lines: Lines): Timing | null {
  return lines.hasArrow() ? readArrowTiming(lines.text, lines.start, lines.end) : null;
}

class SrtReader {
  private readonly lines: Lines;
  private readonly list = new CueList(readSubRipText);
  /** Whether the line before the current one is blank, or there is none. */
  private afterBlank = true;
  /** A line with only a number: the index of the next cue, unless what follows shows that it is text. */
  private number: { text: string; line: number; afterBlank: boolean } | null = null;
  /** Whether lines are passed over, up to the next blank one or timing. */
  private skipping = false;

  constructor(text: string) {
    this.lines = new Lines(text);
  }

  read(): ParsedCues {
    const { lines } = this;
    while (lines.next()) {
      if (lines.isBlank) this.blank();
      else if (lines.hasArrow()) this.arrow();
      else if (!this.skipping) this.speech();
      this.afterBlank = lines.isBlank;
    }
    if (this.number?.afterBlank) this.indexWithoutTiming(this.number.line);
    else this.numberIsText();
    return this.list.result();
  }

  private blank(): void {
    this.skipping = false;
    if (this.number?.afterBlank === false) this.numberIsText();
  }

  private arrow(): void {
    const { lines } = this;
    const timing = readTiming(lines);
    if (timing !== null) {
      this.number = null;
      this.skipping = false;
      this.list.open(timing, lines.number);
    } else if (this.afterBlank || this.number !== null) {
      this.list.close();
      this.number = null;
      this.skipping = true;
      this.list.warnings.add(lines.number, `times that can't be read: the cue is passed over`);
    } else if (!this.skipping) {
      this.speech();
    }
  }

  private speech(): void {
    const { lines } = this;
    if (this.number?.afterBlank) {
      this.indexWithoutTiming(this.number.line);
      this.number = null;
      this.skipping = !this.afterBlank;
      if (this.skipping) return;
    }
    this.numberIsText();
    if (lines.isNumber()) {
      this.number = { text: lines.slice(), line: lines.number, afterBlank: this.afterBlank };
    } else {
      this.list.append(lines.slice(), lines.number, this.afterBlank);
    }
  }

  /** What seemed to be an index was a line of text. */
  private numberIsText(): void {
    if (this.number === null) return;
    const { text, line, afterBlank } = this.number;
    this.number = null;
    this.list.append(text, line, afterBlank);
  }

  private indexWithoutTiming(line: number): void {
    this.list.warnings.add(line, 'an index without times: passed over');
  }
}
