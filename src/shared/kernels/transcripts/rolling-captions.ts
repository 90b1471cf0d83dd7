import type { Cue } from '../../transcript.js';

/** A cue that begins later than this after the end of the one before doesn't go on with it. */
const MAX_GAP_MS = 1000;

/**
 * Captions that roll up show the last lines again, above the new one; those of YouTube's automatic captions, of DVB and
 * of teletext do. Such lines are taken once, from the first cue that shows them, which lasts until they are shown
 * unchanged no longer; a last line that grows is taken as it is in the end. Where fewer than half of the cues begin
 * with the end of the one before, the repetitions are speech, and all cues are returned as they are.
 */
export function mergeRollingCaptions(cues: readonly Cue[]): Cue[] {
  const shared = cues.map((cue, i) =>
    i > 0 && follows(cues[i - 1]!, cue) ? sharedLines(cues[i - 1]!, cue) : 0,
  );
  const rolling = shared.filter((count) => count > 0).length;
  if (rolling === 0 || rolling < (cues.length - 1) / 2) return [...cues];
  const merged: {
    startMs: number | null;
    endMs: number | null;
    text: string;
    speaker: string | null;
    words?: Cue['words'];
  }[] = [];
  cues.forEach((cue, i) => {
    const count = shared[i]!;
    const last = merged.at(-1);
    if (count === 0 || last === undefined) {
      merged.push({ ...cue });
      return;
    }
    const lines = linesOf(cue);
    const grown = lines[count - 1]!.slice(lastLine(cues[i - 1]!).length);
    const fresh = lines.slice(count);
    if (grown !== '') {
      last.text += grown;
      delete last.words;
    }
    if (grown !== '' || fresh.length === 0) last.endMs = later(last.endMs, cue.endMs);
    if (fresh.length > 0) {
      merged.push({ startMs: cue.startMs, endMs: cue.endMs, text: fresh.join('\n'), speaker: cue.speaker });
    }
  });
  return merged as Cue[];
}

function follows(before: Cue, cue: Cue): boolean {
  if (before.endMs === null || cue.startMs === null) return false;
  return cue.startMs - before.endMs <= MAX_GAP_MS && before.speaker === cue.speaker;
}

function linesOf({ text }: Cue): string[] {
  return text.split('\n');
}

function lastLine({ text }: Cue): string {
  return text.slice(text.lastIndexOf('\n') + 1);
}

/** How many lines at the end of one cue are at the beginning of the next, where the last of them may have grown. */
function sharedLines(earlierCue: Cue, cue: Cue): number {
  // Nearly all captions end here.
  if (!cue.text.includes(lastLine(earlierCue))) return 0;
  const before = linesOf(earlierCue);
  const lines = linesOf(cue);
  for (let count = Math.min(before.length, lines.length); count > 0; count--) {
    const from = before.length - count;
    const isShown = lines.slice(0, count).every((line, i) => {
      const earlier = before[from + i]!;
      return line === earlier || (i === count - 1 && hasGrown(earlier, line));
    });
    if (isShown) return count;
  }
  return 0;
}

/** By whole words. */
function hasGrown(before: string, line: string): boolean {
  return before !== '' && line.startsWith(before) && /^\s/.test(line.slice(before.length));
}

function later(a: number | null, b: number | null): number | null {
  return a === null || (b !== null && b > a) ? b : a;
}
