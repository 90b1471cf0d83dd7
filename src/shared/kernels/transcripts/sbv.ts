import { CueList } from './cue-list.js';
import { readSubViewerText } from './cue-text.js';
import type { ParsedCues, TranscriptParser } from './format.js';
import { LineCues } from './line-cues.js';
import { Lines } from './lines.js';
import { mendCommaTiming } from './mended-timing.js';
import { readCommaTiming, type Timing } from './timestamp.js';

/** What can only have been meant for times. */
const BROKEN_TIMES = /^\d{1,3}:\d[^\s,]{0,20}[,;] ?\d{1,3}:\S{1,20}$/;
const MAX_BROKEN_TIMES = 60;

/**
 * SubViewer as YouTube writes it (`.sbv`). A cue is a timing `0:00:01.000,0:00:02.500` and lines of text up to a
 * blank line; `[br]` is a line break. Malformed times are read with a warning.
 */
export const sbv: TranscriptParser = {
  format: 'sbv',

  /** The first line with something on it is a timing. */
  detect(text) {
    const lines = new Lines(text);
    while (lines.next())
      if (!lines.isBlank) return readCommaTiming(lines.units, lines.start, lines.end) !== null;
    return false;
  },

  parse: (text) => new SbvReader(text).read(),
};

class SbvReader {
  private readonly lines: Lines;
  private readonly list = new CueList(readSubViewerText);
  private readonly cues: LineCues;
  /** Whether lines are passed over, up to the next blank one or timing. */
  private skipping = false;

  constructor(text: string) {
    this.lines = new Lines(text);
    this.cues = new LineCues(this.lines, this.list);
  }

  read(): ParsedCues {
    const { lines } = this;
    for (let afterBlank = true; lines.next(); afterBlank = lines.isBlank) {
      if (lines.isBlank) this.skipping = false;
      else this.line(afterBlank);
    }
    this.cues.close();
    return this.list.result();
  }

  private line(afterBlank: boolean): void {
    const { lines } = this;
    const timing = this.timing(afterBlank);
    if (timing !== null) {
      this.skipping = false;
      this.cues.open(timing);
    } else if (afterBlank && this.isBrokenTimes()) {
      this.cues.close();
      this.skipping = true;
      this.list.warnings.add(lines.number, `times that can't be read: the cue is passed over`);
    } else if (!this.skipping) {
      this.cues.append(afterBlank);
    }
  }

  /** Malformed times are taken for such only at the head of a block. */
  private timing(afterBlank: boolean): Timing | null {
    const { text, units, start, end, number } = this.lines;
    const timing = readCommaTiming(units, start, end);
    if (timing !== null || !afterBlank) return timing;
    const mended = mendCommaTiming(text, start, end);
    if (mended !== null && mended.startMs >= 0 && mended.endMs >= 0) {
      this.list.warnings.add(number, `malformed times: read as ${mended.startMs} ms to ${mended.endMs} ms`);
    }
    return mended;
  }

  private isBrokenTimes(): boolean {
    const { lines } = this;
    return lines.end - lines.start <= MAX_BROKEN_TIMES && BROKEN_TIMES.test(lines.slice());
  }
}
