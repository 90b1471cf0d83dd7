import type { TranscriptWarning } from '../../transcript.js';

/** No file lists more warnings than this; what is above is counted in the last one. */
const MAX_WARNINGS = 100;

/** What a parser passed over or mended, by line. A file that is all wrong does not make a list as long as itself. */
export class Warnings {
  private readonly kept: TranscriptWarning[] = [];
  private dropped = 0;

  add(line: number, message: string): void {
    if (this.kept.length < MAX_WARNINGS) this.kept.push({ line, message });
    else this.dropped++;
  }

  /** In the order of their lines. */
  list(): TranscriptWarning[] {
    const sorted = [...this.kept].sort((a, b) => a.line - b.line);
    const last = sorted.at(-1);
    if (this.dropped > 0 && last !== undefined) {
      sorted.push({ line: last.line, message: `and ${this.dropped} more warnings after this line` });
    }
    return sorted;
  }
}
