/** How the calls of a window ended. */
export interface CallCounts {
  readonly calls: number;
  readonly failed: number;
  readonly slow: number;
}

/** Parts of a window by time: what is older than the window by up to one of them may still count. */
const PARTS = 10;

interface Part {
  number: number;
  calls: number;
  failed: number;
  slow: number;
}

/** Counts the last calls: so many of them, or those of the last `windowMs`. Each takes constant time. */
export class CallWindow {
  private readonly sum = { calls: 0, failed: 0, slow: 0 };
  /** A circle of the last calls, by count. */
  private readonly last: ('good' | 'slow' | 'failed')[] = [];
  private at = 0;
  /** The parts of the window by time that have calls, oldest first. */
  private readonly parts: Part[] = [];

  constructor(
    private readonly windowCalls: number,
    private readonly windowMs: number | undefined,
  ) {}

  add(kind: 'good' | 'slow' | 'failed', now: number): void {
    this.count(this.sum, kind, 1);
    if (this.windowMs !== undefined) {
      this.count(this.partOf(now, this.windowMs), kind, 1);
      return;
    }
    const oldest = this.last[this.at];
    if (oldest !== undefined) this.count(this.sum, oldest, -1);
    this.last[this.at] = kind;
    this.at = (this.at + 1) % this.windowCalls;
  }

  counts(now: number): CallCounts {
    if (this.windowMs !== undefined) this.forget(now, this.windowMs);
    return this.sum;
  }

  private partOf(now: number, windowMs: number): Part {
    const number = Math.floor((now * PARTS) / windowMs);
    const newest = this.parts.at(-1);
    if (newest?.number === number) return newest;
    const part = { number, calls: 0, failed: 0, slow: 0 };
    this.parts.push(part);
    return part;
  }

  private forget(now: number, windowMs: number): void {
    const oldest = Math.floor((now * PARTS) / windowMs) - PARTS;
    while (this.parts[0] !== undefined && this.parts[0].number < oldest) {
      const { calls, failed, slow } = this.parts.shift()!;
      this.sum.calls -= calls;
      this.sum.failed -= failed;
      this.sum.slow -= slow;
    }
  }

  private count(counts: { calls: number; failed: number; slow: number }, kind: string, by: number): void {
    counts.calls += by;
    if (kind === 'failed') counts.failed += by;
    if (kind === 'slow') counts.slow += by;
  }
}
