import { type Options, Presets, SingleBar } from 'cli-progress';
import type { ProgressReport, ProgressSink } from '../../shared/progress.js';

/** Shows the progress of a command on standard error: bars on a terminal, now and then a line elsewhere. */
export interface ProgressDisplay {
  readonly show: ProgressSink;
  /** Clears what is unfinished. */
  close(): void;
}

const LINE_INTERVAL_MS = 2000;

export function progressDisplay({ quiet = false }: { quiet?: boolean | undefined }): ProgressDisplay {
  if (quiet) return { show: () => {}, close: () => {} };
  return process.stderr.isTTY ? new ProgressBars() : new ProgressLines();
}

class ProgressBars implements ProgressDisplay {
  private bar: { label: string; bar: SingleBar; startMs: number; startDone: number } | undefined;

  readonly show = ({ label, done, total, unit, msLeft, bytes, note }: ProgressReport) => {
    if (this.bar?.label !== label) {
      this.close();
      const bar = new SingleBar(barOptions(label, unit), Presets.shades_classic);
      this.bar = { label, bar, startMs: performance.now(), startDone: done };
      this.bar.bar.start(total ?? 0, 0, { left: '' });
    }
    if (total !== undefined) this.bar.bar.setTotal(total);
    // What was done at the first report took none of the time since.
    const doneSince = done - this.bar.startDone;
    const guessMs =
      total && doneSince > 0
        ? ((performance.now() - this.bar.startMs) / doneSince) * (total - done)
        : undefined;
    const leftMs = msLeft ?? guessMs;
    const speed = rate(bytes, performance.now() - this.bar.startMs);
    const left = `${speed} ${note ?? (leftMs === undefined ? '' : timeLeft(leftMs))}`;
    this.bar.bar.update(done, { left });
  };

  close(): void {
    this.bar?.bar.stop();
    this.bar = undefined;
  }
}

function barOptions(label: string, unit: string): Options {
  return {
    stream: process.stderr,
    format: `${label.padEnd(11)} {bar} {value}/{total} ${unit} {left}`,
    hideCursor: true,
    clearOnComplete: true,
    barsize: 30,
  };
}

class ProgressLines implements ProgressDisplay {
  private label = '';
  private lastMs = 0;
  private startMs = 0;
  private isNoted = false;

  readonly show = ({ label, done, total, unit, msLeft, bytes, note }: ProgressReport) => {
    const now = performance.now();
    if (label !== this.label) {
      this.lastMs = now;
      this.startMs = now;
      this.isNoted = false;
    }
    this.label = label;
    const isNews = note !== undefined && !this.isNoted;
    this.isNoted ||= isNews;
    if (done !== total && !isNews && now - this.lastMs < LINE_INTERVAL_MS) return;
    this.lastMs = now;
    const left = msLeft === undefined || done === total ? '' : `, ${timeLeft(msLeft)}`;
    const noted = note === undefined ? '' : `, ${note}`;
    process.stderr.write(
      `${label}: ${done}${total === undefined ? '' : `/${total}`} ${unit}${rate(bytes, now - this.startMs)}${left}${noted}\n`,
    );
  };

  close(): void {}
}

/** `, 12.5 MB/s` where bytes are counted. */
function rate(bytes: number | undefined, elapsedMs: number): string {
  return bytes === undefined || elapsedMs < 1 ? '' : `, ${(bytes / 1000 / elapsedMs).toFixed(1)} MB/s`;
}

/** `2 h 5 min left`, `3 min 20 s left`, `12 s left`. */
function timeLeft(ms: number): string {
  const seconds = Math.ceil(ms / 1000);
  const minutes = Math.floor(seconds / 60);
  if (minutes >= 60) return `${Math.floor(minutes / 60)} h ${minutes % 60} min left`;
  return minutes > 0 ? `${minutes} min ${seconds % 60} s left` : `${seconds} s left`;
}
