import { CueList } from './cue-list.js';
import type { ParsedCues, TranscriptParser } from './format.js';
import { Lines } from './lines.js';
import { readArrowTiming } from './timestamp.js';
import { readWebVttText } from './webvtt-text.js';

/**
 * WebVTT (`.vtt`), after the W3C's "WebVTT: The Web Video Text Tracks Format": a header, then blocks of lines with
 * blank lines between them. A block is a cue (an identifier or none, a timing with settings, text) or one of NOTE,
 * STYLE and REGION. Identifiers, settings, notes, styles and regions are passed over. More than the standard
 * allows is read: one-digit hours, a comma in stamps, no fraction.
 */
export const vtt: TranscriptParser = {
  format: 'vtt',
  detect: (text) => /^WEBVTT(?![^ \t\n])/.test(text),
  parse: (text) => new VttReader(text).read(),
};

class VttReader {
  private readonly lines: Lines;
  private readonly list = new CueList(readWebVttText);
  /** Which part of a block is next. `skipped` lasts up to a blank line or a timing. */
  private place: 'block' | 'timing' | 'text' | 'skipped' = 'block';
  /** The first line of the block. */
  private blockLine = 1;

  constructor(text: string) {
    this.lines = new Lines(text);
  }

  read(): ParsedCues {
    const { lines } = this;
    lines.next();
    this.place = 'skipped'; // the header
    while (lines.next()) {
      if (lines.isBlank) this.endBlock();
      else if (lines.hasArrow()) this.timing();
      else this.line();
    }
    this.endBlock();
    return this.list.result();
  }

  private endBlock(): void {
    if (this.place === 'timing') this.passOver();
    this.list.close();
    this.place = 'block';
  }

  private timing(): void {
    const { lines, list } = this;
    const timing = readArrowTiming(lines.text, lines.start, lines.end);
    if (timing !== null) {
      list.open(timing, lines.number);
      this.place = 'text';
    } else {
      list.close();
      list.warnings.add(lines.number, `times that can't be read: the cue is passed over`);
      this.place = 'skipped';
    }
  }

  private passOver(): void {
    this.list.warnings.add(this.blockLine, 'a block without times: passed over');
    this.place = 'skipped';
  }

  private line(): void {
    const { lines, list } = this;
    switch (this.place) {
      case 'block':
        this.blockLine = lines.number;
        this.place = isUnseen(lines) ? 'skipped' : 'timing';
        break;
      case 'timing':
        this.passOver();
        break;
      case 'text':
        list.append(lines.slice(), lines.number, false);
        break;
      case 'skipped':
        break;
    }
  }
}

/** Whether a block with this first line is a NOTE, STYLE or REGION. */
function isUnseen(lines: Lines): boolean {
  return /^(?:NOTE(?![^ \t])|STYLE$|REGION$)/.test(lines.slice());
}
