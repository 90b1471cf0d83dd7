import type { Cue, TranscriptWarning } from '../../transcript.js';
import type { CueText } from './cue-text.js';
import type { Timing } from './timestamp.js';
import { Warnings } from './warnings.js';

/**
 * Collects the cues of a timed format, line by line. It mends what all of them may have wrong: a cue without text
 * is left out, and one that ends before it starts ends at its start.
 */
export class CueList {
  readonly cues: Cue[] = [];
  readonly warnings = new Warnings();
  private timing: Timing | null = null;
  private timingLine = 0;
  private text = '';

  /** @param read - makes the text of a cue, without mark-up, from its lines as they are in the file */
  constructor(private readonly read: (lines: string) => CueText) {}

  /** Begins a cue, after ending the open one. */
  open(timing: Timing, line: number): void {
    this.close();
    this.timing = timing;
    this.timingLine = line;
  }

  /** Adds a line of text to the open cue. Without one, a line after a blank one is a warning. */
  append(line: string, number: number, afterBlank: boolean): void {
    if (this.timing === null) {
      if (afterBlank) this.warnings.add(number, 'text outside of a cue: passed over');
      return;
    }
    if (afterBlank) this.warnings.add(number, 'text after a blank line: kept in the cue above');
    this.text = this.text === '' ? line : `${this.text}\n${line}`;
  }

  /** Ends the open cue, if there is one. */
  close(): void {
    if (this.timing === null) return;
    const { startMs, endMs } = this.timing;
    const { text, speaker } = this.read(this.text);
    if (text === '') {
      this.warnings.add(this.timingLine, 'a cue without text: left out');
    } else {
      if (endMs < startMs) {
        this.warnings.add(
          this.timingLine,
          `the cue ends ${startMs - endMs} ms before it starts: it ends at its start`,
        );
      }
      this.cues.push({ startMs, endMs: Math.max(startMs, endMs), text, speaker });
    }
    this.timing = null;
    this.text = '';
  }

  result(): { cues: Cue[]; warnings: TranscriptWarning[] } {
    this.close();
    return { cues: this.cues, warnings: this.warnings.list() };
  }
}
