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
  private bar: { label: string; bar: SingleBar } | undefined;

  readonly show = ({ label, done, total, unit }: ProgressReport) => {
    if (this.bar?.label !== label) {
      this.close();
      this.bar = { label, bar: new SingleBar(barOptions(label, unit), Presets.shades_classic) };
      this.bar.bar.start(total ?? 0, 0);
    }
    if (total !== undefined) this.bar.bar.setTotal(total);
    this.bar.bar.update(done);
  };

  close(): void {
    this.bar?.bar.stop();
    this.bar = undefined;
  }
}

function barOptions(label: string, unit: string): Options {
  return {
    stream: process.stderr,
    format: `${label.padEnd(11)} {bar} {value}/{total} ${unit} {eta_formatted} left`,
    hideCursor: true,
    clearOnComplete: true,
    barsize: 30,
  };
}

class ProgressLines implements ProgressDisplay {
  private label = '';
  private lastMs = 0;

  readonly show = ({ label, done, total, unit }: ProgressReport) => {
    const now = performance.now();
    if (label !== this.label) this.lastMs = now;
    this.label = label;
    if (done !== total && now - this.lastMs < LINE_INTERVAL_MS) return;
    this.lastMs = now;
    process.stderr.write(`${label}: ${done}${total === undefined ? '' : `/${total}`} ${unit}\n`);
  };

  close(): void {}
}
