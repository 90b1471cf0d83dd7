import type { Cue, TranscriptWarning } from '../../transcript.js';
import type { CueText } from './cue-text.js';
import { isBlank } from './lines.js';
import type { Timing } from './timestamp.js';
import { Warnings } from './warnings.js';

/**
 * Collects the cues of a timed format. It mends what all of them may have wrong: a cue without text is left out, one
 * that begins before 0 begins at 0, one that ends before it starts ends at its start, and one without an end (NaN)
 * ends where the next one begins.
 */
export class CueList {
  readonly cues: Cue[] = [];
  readonly warnings = new Warnings();

  /** @param read - makes the text of a cue, without mark-up, from its lines as they are in the file */
  constructor(private readonly read: (lines: string) => CueText) {}

  /**
   * Adds a cue.
   *
   * @param line - of its times
   * @param nextMs - where the next one begins, if that is known; else NaN
   */
  add(timing: Timing, line: number, lines: string, nextMs = Number.NaN): void {
    const { text, speaker } = this.read(lines);
    const { startMs, endMs } = timing;
    if (isBlank(text)) this.warnings.add(line, 'a cue without text: left out');
    else if (startMs >= 0 && endMs >= startMs) this.cues.push({ startMs, endMs, text, speaker });
    else this.cues.push({ ...this.mend(timing, line, nextMs), text, speaker });
  }

  private mend({ startMs, endMs }: Timing, line: number, nextMs: number): Timing {
    const start = Math.max(0, startMs);
    if (startMs < 0) this.warnings.add(line, `the cue begins ${-startMs} ms before 0: it begins at 0`);
    if (Number.isNaN(endMs)) {
      this.warnings.add(line, 'the cue has no end: it ends where the next one begins');
      return { startMs: start, endMs: nextMs >= start ? nextMs : start };
    }
    if (endMs < startMs) {
      this.warnings.add(line, `the cue ends ${startMs - endMs} ms before it starts: it ends at its start`);
    }
    return { startMs: start, endMs: Math.max(start, endMs) };
  }

  result(): { cues: Cue[]; warnings: TranscriptWarning[] } {
    return { cues: this.cues, warnings: this.warnings.list() };
  }
}
