import type { Word } from '../../transcript.js';

/** From when to when something is shown, in milliseconds. */
export interface Interval {
  readonly begin: number;
  /** Infinity where nothing says so. */
  readonly end: number;
}

/** A piece of a paragraph's text. `isTimed`: by an element of its own in the paragraph. */
export interface Run extends Interval {
  readonly text: string;
  readonly speaker: string | null;
  readonly isTimed: boolean;
}

/** Runs that belong together, in their order; white space between two that don't belongs to neither. */
export function groupRuns(runs: readonly Run[], belongTogether: (a: Run, b: Run) => boolean): Run[][] {
  const groups: Run[][] = [];
  let blanks: Run[] = [];
  for (const run of runs) {
    if (run.text.trim() === '') {
      blanks.push(run);
      continue;
    }
    const group = groups.at(-1);
    if (group !== undefined && belongTogether(group[0]!, run)) {
      for (const blank of blanks) group.push(blank);
      group.push(run);
    } else groups.push([run]);
    blanks = [];
  }
  return groups;
}

export function isSameSpeaker(a: Run, b: Run): boolean {
  return a.speaker === b.speaker;
}

export function isSameCue(a: Run, b: Run): boolean {
  return isSameSpeaker(a, b) && a.begin === b.begin && a.end === b.end;
}

export function wordOf({ begin, end, text }: Run): Word {
  return { startMs: Math.round(begin), endMs: Number.isFinite(end) ? Math.round(end) : Number.NaN, text };
}
