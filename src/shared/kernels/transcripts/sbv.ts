import { CueList } from './cue-list.js';
import { readSubViewerText } from './cue-text.js';
import type { TranscriptParser } from './format.js';
import { Lines } from './lines.js';
import { readCommaTiming, type Timing } from './timestamp.js';

/**
 * SubViewer as YouTube writes it (`.sbv`). A cue is a timing `0:00:01.000,0:00:02.500` and lines of text up to a
 * blank line; `[br]` is a line break.
 */
export const sbv: TranscriptParser = {
  format: 'sbv',

  /** The first line with something on it is a timing. */
  detect(text) {
    const lines = new Lines(text);
    while (lines.next()) if (!lines.isBlank) return readTiming(lines) !== null;
    return false;
  },

  parse(text) {
    const lines = new Lines(text);
    const list = new CueList(readSubViewerText);
    let afterBlank = true;
    while (lines.next()) {
      const timing = lines.isBlank ? null : readTiming(lines);
      if (timing !== null) {
        list.open(timing, lines.number);
      } else if (!lines.isBlank) {
        list.append(lines.slice(), lines.number, afterBlank);
      }
      afterBlank = lines.isBlank;
    }
    return list.result();
  },
};

function readTiming(lines: Lines): Timing | null {
  return readCommaTiming(lines.text, lines.start, lines.end);
}
