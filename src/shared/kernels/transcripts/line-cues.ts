import type { CueList } from './cue-list.js';
import type { Lines } from './lines.js';
import type { Timing } from './timestamp.js';

/** Makes cues of a format that is read line by line. */
export class LineCues {
  private timing: Timing | null = null;
  private timingLine = 0;
  /** The lines of the open cue are `text`, and then what is between these positions of the file, if anything. */
  private text = '';
  private from = 0;
  private to = 0;

  constructor(
    private readonly lines: Lines,
    private readonly list: CueList,
  ) {}

  /** Begins a cue at the current line, after ending the open one. */
  open(timing: Timing): void {
    this.close(timing.startMs);
    this.timing = timing;
    this.timingLine = this.lines.number;
  }

  /** Adds the current line to the open cue. Without one, a line after a blank one is a warning. */
  append(afterBlank: boolean): void {
    this.appendRange(this.lines.start, this.lines.end, this.lines.number, afterBlank);
  }

  /** Adds what is between two positions of the file, in the line of that number, to the open cue. */
  appendRange(start: number, end: number, line: number, afterBlank: boolean): void {
    if (afterBlank) {
      const isOpen = this.timing !== null;
      this.list.warnings.add(
        line,
        isOpen ? 'text after a blank line: kept in the cue above' : 'text outside of a cue: passed over',
      );
    }
    if (this.timing === null) return;
    // Lines that follow each other, with nothing to trim between them, are copied at once.
    if (this.from === this.to) this.from = start;
    else if (start !== this.to + 1) {
      this.text = this.collected();
      this.from = start;
    }
    this.to = end;
  }

  /** Ends the open cue, if there is one, and adds it to the list; `nextMs` is where the next one begins. */
  close(nextMs?: number): void {
    if (this.timing !== null) this.list.add(this.timing, this.timingLine, this.collected(), nextMs);
    this.timing = null;
    this.text = '';
    this.from = this.to;
  }

  private collected(): string {
    const rest = this.from === this.to ? '' : this.lines.text.slice(this.from, this.to);
    if (this.text === '' || rest === '') return this.text + rest;
    return `${this.text}\n${rest}`;
  }
}
